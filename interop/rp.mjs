// A relying party made of openid-client, which the tests drive over HTTP.
//   node rp.mjs '{"issuer":…,"port":…,"clients":{"id":{"secret":…}|{"key":JWK}}}'
// It prints "ready" when it listens and ends with its standard input.
import { createServer } from 'node:http'
import * as client from 'openid-client'
import { createRemoteJWKSet, importJWK, jwtVerify } from 'jose'

const settings = JSON.parse(process.argv[2])
const base = `http://localhost:${settings.port}`
const told = []
const parties = {}

for (const [id, c] of Object.entries(settings.clients)) {
  let auth = client.ClientSecretBasic(c.secret)
  if (c.post) auth = client.ClientSecretPost(c.secret)
  if (c.key) auth = client.PrivateKeyJwt({ key: await importJWK(c.key, 'ES256'), kid: c.key.kid })
  const config = await client.discovery(new URL(settings.issuer), id,
    { id_token_signed_response_alg: 'ES256' }, auth, { execute: [client.allowInsecureRequests] })
  client.enableNonRepudiationChecks(config) // the ID token's signature too
  parties[id] = { config }
}

const pages = {
  async start(p, id) {
    p.verifier = client.randomPKCECodeVerifier()
    p.state = client.randomState()
    p.nonce = client.randomNonce()
    return client.buildAuthorizationUrl(p.config, {
      redirect_uri: `${base}/${id}/cb`, scope: 'openid profile phone', state: p.state, nonce: p.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(p.verifier), code_challenge_method: 'S256',
    })
  },
  async cb(p, id, url) {
    p.tokens = await client.authorizationCodeGrant(p.config, url,
      { pkceCodeVerifier: p.verifier, expectedState: p.state, expectedNonce: p.nonce, idTokenExpected: true })
    const claims = p.tokens.claims()
    const info = await client.fetchUserInfo(p.config, p.tokens.access_token, claims.sub)
    return { claims, info, refresh: Boolean(p.tokens.refresh_token) }
  },
  async refresh(p) {
    p.old = p.tokens.refresh_token
    p.tokens = await client.refreshTokenGrant(p.config, p.old)
    return { claims: p.tokens.claims(), rotated: p.tokens.refresh_token !== p.old }
  },
  async replay(p) {
    await client.refreshTokenGrant(p.config, p.old)
    return {}
  },
  async introspect(p) {
    return await client.tokenIntrospection(p.config, p.tokens.access_token)
  },
  async revoke(p) {
    await client.tokenRevocation(p.config, p.tokens.refresh_token)
    return {}
  },
  // A minute passes here: openid-client looks for keys that it does not know
  // once a minute. Assertions made afterwards come from the future.
  async minute() {
    const now = Date.now
    Date.now = () => now() + 65_000
    return {}
  },
  async logout(p, id) {
    return client.buildEndSessionUrl(p.config,
      { id_token_hint: p.tokens.id_token, post_logout_redirect_uri: `${base}/${id}/out`, state: 'tam-biet' })
  },
  async out(p, id, url) {
    return { out: url.searchParams.get('state') }
  },
  async told() {
    return told
  },
}

async function logoutToken(p, id, body) {
  const meta = p.config.serverMetadata()
  const { payload, protectedHeader } = await jwtVerify(new URLSearchParams(body).get('logout_token'),
    createRemoteJWKSet(new URL(meta.jwks_uri)), { issuer: meta.issuer, audience: id, typ: 'logout+jwt', maxTokenAge: '2m' })
  told.push({ id, sid: payload.sid, sub: payload.sub, kid: protectedHeader.kid })
}

createServer(async (req, res) => {
  const url = new URL(req.url, base)
  const [, id, page] = url.pathname.split('/')
  const answer = (status, value) => {
    res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    res.end(JSON.stringify(value))
  }
  try {
    if (req.method === 'POST') {
      let body = ''
      for await (const part of req) body += part
      await logoutToken(parties[id], id, body)
      return answer(200, {})
    }
    const value = await pages[page](parties[id], id, url)
    if (value instanceof URL) {
      res.writeHead(303, { location: value.href })
      return res.end()
    }
    answer(200, value)
  } catch (err) {
    answer(err.error ? 400 : 500, { error: err.error ?? String(err), cause: String(err.cause?.message ?? '') })
  }
}).listen(settings.port, '127.0.0.1', () => console.log('ready'))

process.stdin.on('end', () => process.exit(0)).resume()
