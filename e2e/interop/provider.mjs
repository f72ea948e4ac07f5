// An OpenID Provider by npm oidc-provider with one service, one person and its
// own sign-in pages. {"do": "rotate"} on standard input changes its keys.
import http from 'node:http'
import readline from 'node:readline'
import * as jose from 'jose'
import { Provider } from 'oidc-provider'

const [port, id, secret, redirect, signedOut, backchannel] = process.argv.slice(2)
const issuer = `http://localhost:${port}`
const person = {
  sub: 'person-1', name: 'Nguyễn Thị Ví Dụ', birthdate: '1990-05-17', gender: 'female', phone_number: '+84900000987',
  national_id: '099190002222', account_level: '2', account_type: 'citizen', updated_at: 1700000000,
}

async function keys() {
  const made = []
  for (const alg of ['ES256', 'RS256']) {
    const { privateKey } = await jose.generateKeyPair(alg, { extractable: true })
    made.push({ ...(await jose.exportJWK(privateKey)), alg, use: 'sig', kid: crypto.randomUUID() })
  }
  return { keys: made }
}

// store keeps what the provider writes over a change of keys.
const store = new Map()
class Adapter {
  constructor(name) { this.name = name }
  key(id) { return `${this.name}:${id}` }
  async upsert(id, payload) { store.set(this.key(id), payload) }
  async find(id) { return store.get(this.key(id)) }
  async findByUid(uid) { return [...store].find(([k, v]) => k.startsWith(`${this.name}:`) && v.uid === uid)?.[1] }
  async findByUserCode() {}
  async consume(id) { store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000) }
  async destroy(id) { store.delete(this.key(id)) }
  async revokeByGrantId(grant) { for (const [k, v] of store) if (v.grantId === grant) store.delete(k) }
}

let callback
async function build() {
  const provider = new Provider(issuer, {
    adapter: Adapter,
    jwks: await keys(),
    clients: [{
      client_id: id, client_secret: secret, redirect_uris: [redirect], post_logout_redirect_uris: [signedOut],
      backchannel_logout_uri: backchannel, backchannel_logout_session_required: true, id_token_signed_response_alg: 'ES256',
    }],
    claims: {
      openid: ['sub'], profile: ['name', 'birthdate', 'gender', 'updated_at'], phone: ['phone_number'],
      vneid: ['national_id', 'account_level', 'account_type'],
    },
    scopes: ['openid', 'profile', 'phone', 'vneid'],
    pkce: { required: () => true },
    cookies: { keys: ['interoperation'] },
    features: {
      devInteractions: { enabled: true }, backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => { ctx.body = `<!DOCTYPE html>${form}<button form="op.logoutForm" name="logout" value="yes">yes</button>` } },
    },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...person, sub }) }),
    // Its dispatcher refuses addresses of this machine, where the service is.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  })
  provider.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`))
  provider.on('backchannel.error', (_, error) => process.stderr.write(`back-channel: ${error}\n`))
  callback = provider.callback()
}

await build()
http.createServer((q, s) => callback(q, s)).listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ port })))
const lines = readline.createInterface({ input: process.stdin })
lines.on('close', () => process.exit(0))
for await (const line of lines) {
  if (JSON.parse(line).do === 'rotate') await build()
  console.log('{}')
}
