// Resource servers on `jose`, and on `express-jwt` with `jwks-rsa`, before and after the signing
// key was rotated.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
import { expressjwt } from 'express-jwt'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jwksRsa from 'jwks-rsa'
import { machineToken } from './machine.mjs'

const [, , issuer, serverPid] = process.argv
const audience = `${issuer}/api`

const token = () => machineToken(issuer)

const app = express()
app.use(
  expressjwt({
    secret: jwksRsa.expressJwtSecret({ jwksUri: `${issuer}/jwks`, cache: true, rateLimit: true }),
    audience,
    issuer,
    algorithms: ['ES256'],
  }),
)
app.get('/who', (request, response) => response.json(request.auth))
app.use((error, request, response, next) => response.status(error.status ?? 500).end(error.code))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const who = (token) =>
  fetch(`http://127.0.0.1:${server.address().port}/who`, {
    headers: { authorization: `Bearer ${token}` },
  })

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
const rules = { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] }
const check = async (token) => {
  const { payload, protectedHeader } = await jwtVerify(token, keys, rules)
  assert.equal(payload.client_id, 'nightly-report')
  const answer = await who(token)
  assert.equal(answer.status, 200)
  assert.equal((await answer.json()).scope, 'report:*:read')
  return protectedHeader.kid
}

const first = await token()
const kid = await check(first)
await assert.rejects(jwtVerify(`${first.slice(0, -4)}AAAA`, keys, rules))
assert.equal((await who(`${first.slice(0, -4)}AAAA`)).status, 401)
await assert.rejects(jwtVerify(first, keys, { ...rules, audience: 'https://other.example' }))

// The operator rotates. Both know the next key already: it was published long before.
process.kill(Number(serverPid), 'SIGHUP')
let next = kid
for (let tries = 0; next === kid && tries < 100; tries++) {
  await new Promise((done) => setTimeout(done, 50))
  next = await check(await token())
}
assert.notEqual(next, kid, 'SIGHUP rotated no key')
assert.equal(await check(first), kid, 'a token of the key before is still good')
server.close()
console.log('jose, express-jwt and jwks-rsa: all is well')
process.exit(0)
