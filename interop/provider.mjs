// An OpenID Provider made of oidc-provider, for our relying party.
//   node provider.mjs '{"port":…,"client":{…},"account":{…}}'
// It prints "ready" when it listens and ends with its standard input.
import Provider from 'oidc-provider'
import { exportJWK, generateKeyPair } from 'jose'

const settings = JSON.parse(process.argv[2])
const issuer = `http://localhost:${settings.port}`

async function signingKey(kid) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'ES256' }
}

const provider = new Provider(issuer, {
  clients: [{ ...settings.client, id_token_signed_response_alg: 'ES256', grant_types: ['authorization_code'], response_types: ['code'] }],
  jwks: { keys: [await signingKey('mot')] },
  claims: {
    openid: ['sub'],
    profile: ['name', 'birthdate', 'gender'],
    phone: ['phone_number', 'phone_number_verified'],
    vneid: ['national_id', 'account_level', 'account_type'],
  },
  scopes: ['openid', 'profile', 'phone', 'vneid'],
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  pkce: { required: () => true },
  cookies: { keys: ['chi-de-thu'] },
  fetch: (url, options) => { delete options.dispatcher; return globalThis.fetch(url, options) },
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...settings.account }) }),
})

provider.on('server_error', (ctx, err) => console.error(err))
provider.on('backchannel.error', (ctx, err) => console.error('backchannel', err))
provider.listen(settings.port, '127.0.0.1', () => console.log('ready'))
process.stdin.on('end', () => process.exit(0)).resume()
