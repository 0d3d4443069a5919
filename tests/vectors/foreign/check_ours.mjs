// Reads what `verify_foreign --issue` printed, and checks it with jose. See README.md.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createLocalJWKSet, jwtVerify } from 'jose'

const { jwks, secret, tokens, issuer, audience } = JSON.parse(readFileSync(process.argv[2]))
const published = createLocalJWKSet(jwks)
for (const [algorithm, token] of Object.entries(tokens)) {
  const key = algorithm.startsWith('H') ? Buffer.from(secret, 'hex') : published
  const rules = {
    issuer, audience, typ: 'at+jwt', algorithms: [algorithm],
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
  }
  const { payload } = await jwtVerify(token, key, rules)
  assert.equal(payload.sub, 'ada')
  assert.equal(payload.scope, 'invoice:*:read invoice:7:write')
  await assert.rejects(jwtVerify(token, key, { ...rules, audience: 'another' }))
  console.log(`jose accepts ${algorithm}`)
}
