// oauth4webapi, the low-level client: RFC 8414 metadata, RFC 9207 `iss`, client credentials, and
// introspection by a resource server.
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import { ada } from './user.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(process.argv[2])
const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const as = await oauth.processDiscoveryResponse(issuer, discovery)
const redirectUri = 'http://127.0.0.1:8500/callback'

const client = { client_id: 'chat-export' }
const auth = oauth.ClientSecretPost('demo-secret-of-chat-export-change-me')
const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const url = new URL(as.authorization_endpoint)
url.search = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'chat:*:read',
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
const params = oauth.validateAuthResponse(as, client, await ada().visit(url), state)
const grant = await oauth.authorizationCodeGrantRequest(
  as, client, auth, params, redirectUri, verifier, insecure,
)
const tokens = await oauth.processAuthorizationCodeResponse(as, client, grant)
assert.equal(tokens.scope, 'chat:*:read')
assert.equal(tokens.refresh_token, undefined)

const service = { client_id: 'report-service' }
const asked = await oauth.introspectionRequest(
  as, service, oauth.ClientSecretBasic('demo-secret-of-report-service-change-me'),
  tokens.access_token, insecure,
)
const told = await oauth.processIntrospectionResponse(as, service, asked)
assert.equal(told.active, true)
assert.equal(told.sub, 'user-ada')

const job = { client_id: 'nightly-report' }
const basic = oauth.ClientSecretBasic('demo-secret-of-nightly-report-change-me')
const credentials = await oauth.clientCredentialsGrantRequest(
  as, job, basic, new URLSearchParams({ scope: 'report:*:read' }), insecure,
)
const machine = await oauth.processClientCredentialsResponse(as, job, credentials)
assert.equal(machine.scope, 'report:*:read')

const wrong = await oauth.clientCredentialsGrantRequest(
  as, job, oauth.ClientSecretBasic('wrong'), new URLSearchParams(), insecure,
)
await assert.rejects(
  oauth.processClientCredentialsResponse(as, job, wrong),
  (error) => error.status === 401,
)
console.log('oauth4webapi: all is well')
