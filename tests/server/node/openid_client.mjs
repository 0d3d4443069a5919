// openid-client, the certified OpenID Connect client of the Node world: discovery, code with PKCE,
// ID token, refresh, revocation, introspection.
import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { ada } from './user.mjs'

const issuer = new URL(process.argv[2])
const config = await client.discovery(
  issuer,
  'chat-export',
  'demo-secret-of-chat-export-change-me',
  undefined,
  { execute: [client.allowInsecureRequests] },
)
const redirect_uri = 'http://127.0.0.1:8500/callback'
const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const url = client.buildAuthorizationUrl(config, {
  redirect_uri,
  scope: 'openid offline_access chat:*:list chat:*:read',
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
})
const back = await ada().visit(url)
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(config, back, checks)
assert.equal(tokens.claims().sub, 'user-ada')
assert.ok(tokens.claims().auth_time)

const api = new URL('/api/chats', issuer)
const answer = await client.fetchProtectedResource(config, tokens.access_token, api, 'GET')
assert.equal((await answer.json()).records.length, 2)

const next = await client.refreshTokenGrant(config, tokens.refresh_token)
assert.notEqual(next.access_token, tokens.access_token)

await client.tokenRevocation(config, next.refresh_token)
await assert.rejects(
  client.refreshTokenGrant(config, next.refresh_token),
  (error) => error.error === 'invalid_grant',
)
await assert.rejects(
  client.fetchProtectedResource(config, next.access_token, api, 'GET'),
  (error) => error.code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' && error.status === 401,
)

// A person who is asked anew, and says no.
url.searchParams.set('prompt', 'consent')
const refused = await ada().visit(url, 'deny')
await assert.rejects(
  client.authorizationCodeGrant(config, refused, checks),
  (error) => error.error === 'access_denied',
)
console.log('openid-client: all is well')
