// The signing key was stolen: the operator withdraws it while the server runs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { bearer, machineToken } from './machine.mjs'

const [, , issuer, config, program] = process.argv
const reports = (token) => fetch(`${issuer}/api/reports`, { headers: bearer(token) })
const kids = async () => (await (await fetch(`${issuer}/jwks`)).json()).keys.map((key) => key.kid)
const kid = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid

const before = await machineToken(issuer)
assert.equal((await reports(before)).status, 200)
const told = execFileSync(program, ['--config', config, '--rotate-now']).toString()
assert.ok(told.includes(kid(before)), told)
const began = performance.now()
while ((await reports(before)).status !== 401)
  assert.ok(performance.now() - began < 2000, 'what the stolen key signed is believed')
const after = await machineToken(issuer)
assert.notEqual(kid(after), kid(before))
assert.equal((await reports(after)).status, 200)
assert.ok(!(await kids()).includes(kid(before)), 'the stolen key is published')
console.log(`rotate now: all is well; refused after ${Math.round(performance.now() - began)} ms`)
