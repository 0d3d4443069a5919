// What a proxy asks before it lets a request through: one path for each scope.
import assert from 'node:assert/strict'
import { bearer, machineToken } from './machine.mjs'

const issuer = process.argv[2]
const ask = (path, headers = {}) =>
  fetch(`${issuer}/forward-auth/${path}`, {
    headers: { 'x-original-method': 'DELETE', 'x-original-uri': '/anything?at=all', ...headers },
  })
const token = bearer(await machineToken(issuer))
const yes = await ask('reports', token)
assert.equal(yes.status, 200)
assert.equal(yes.headers.get('x-who'), 'nightly-report')
assert.equal(yes.headers.get('x-auth-subject'), null)
const no = await ask('chats', token)
assert.equal(no.status, 403)
assert.match(no.headers.get('www-authenticate'), /scope="chat:\*:read"/)
assert.equal((await ask('reports')).status, 401)
assert.equal((await ask('reports', bearer('junk'))).status, 401)
assert.equal((await ask('others', token)).status, 404)
// What a caller says of itself is not believed.
const liar = await ask('reports', { ...token, 'x-who': 'user-ada' })
assert.equal(liar.headers.get('x-who'), 'nightly-report')
console.log('forward auth: all is well')
