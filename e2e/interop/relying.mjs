// A service by npm openid-client, spoken to by lines of JSON on standard
// input: {"do": …} is answered by one line. Its web server takes the callback
// and logout tokens.
import http from 'node:http'
import readline from 'node:readline'
import * as jose from 'jose'
import * as client from 'openid-client'

const [issuer, id, secret, method] = process.argv.slice(2)
const authentication = { basic: client.ClientSecretBasic, post: client.ClientSecretPost }[method]
const logouts = []
let config, tokens, going

const server = http.createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/logout') {
    return response.end('back at the service')
  }
  let body = ''
  for await (const part of request) body += part
  try {
    const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
    const { payload } = await jose.jwtVerify(new URLSearchParams(body).get('logout_token'), keys, {
      issuer, audience: id, typ: 'logout+jwt', maxTokenAge: '2m', requiredClaims: ['jti', 'events', 'exp'],
    })
    if (!payload.events['http://schemas.openid.net/event/backchannel-logout'] || 'nonce' in payload) throw new Error('no logout token')
    logouts.push({ sid: payload.sid, sub: payload.sub })
    response.end()
  } catch (error) {
    logouts.push({ error: String(error) })
    response.statusCode = 400
    response.end()
  }
})

const redirect = () => `http://localhost:${server.address().port}/callback`

const answers = {
  async begin({ scope, parameters }) {
    config = await client.discovery(new URL(issuer), id, secret, authentication(secret), { execute: [client.allowInsecureRequests] })
    going = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() }
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirect(), scope, state: going.state, nonce: going.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(going.verifier), code_challenge_method: 'S256', ...parameters,
    })
    return { url: url.href }
  },
  async finish({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier: going.verifier, expectedState: going.state, expectedNonce: going.nonce, idTokenExpected: true,
    })
    const header = jose.decodeProtectedHeader(tokens.id_token)
    return { claims: tokens.claims(), alg: header.alg, kid: header.kid, refresh: Boolean(tokens.refresh_token) }
  },
  async userinfo() {
    return { claims: await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub) }
  },
  async refresh() {
    const before = tokens
    tokens = await client.refreshTokenGrant(config, before.refresh_token)
    return { claims: tokens.claims(), rotated: tokens.refresh_token !== before.refresh_token }
  },
  async introspect() {
    return { claims: await client.tokenIntrospection(config, tokens.access_token) }
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token ?? tokens.access_token)
    return {}
  },
  async signOut({ redirect, state }) {
    return { url: client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect, state }).href }
  },
  async logouts() {
    return { logouts: logouts.splice(0) }
  },
}

server.listen(Number(process.argv[6] ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))
const lines = readline.createInterface({ input: process.stdin })
lines.on('close', () => process.exit(0))
for await (const line of lines) {
  const asked = JSON.parse(line)
  try {
    console.log(JSON.stringify(await answers[asked.do](asked)))
  } catch (error) {
    console.log(JSON.stringify({ error: `${error.code ?? error.name}: ${error.error ?? error.message} ${error.cause?.message ?? ''}`.trim() }))
  }
}
