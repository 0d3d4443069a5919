// What another site cannot do: forge a form, frame a page, plant a sign-in, send people elsewhere,
// guess for long.
import assert from 'node:assert/strict'
import { ada } from './user.mjs'

const [, , issuer, secure] = process.argv
const PASSWORD = 'correct horse battery staple'
const cookies = (response) =>
  Object.fromEntries(
    response.headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line).slice(1)),
  )
const header = (jar) => Object.entries(jar).map((pair) => pair.join('=')).join('; ')
const post = (path, jar, fields, headers = {}) =>
  fetch(issuer + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: header(jar), ...headers },
    body: new URLSearchParams(fields),
  })
const form = async (path, jar = {}) => {
  const response = await fetch(issuer + path, { headers: { cookie: header(jar) } })
  const token = /name="form_token" value="([^"]+)"/.exec(await response.text())[1]
  return { response, token, jar: { ...jar, ...cookies(response) } }
}

// No page can be framed, cached, or run a script.
const shown = await form('/sign-in')
for (const [name, value] of [
  ['x-frame-options', /^DENY$/],
  ['content-security-policy', /default-src 'none';.*frame-ancestors 'none'; form-action 'self'$/],
  ['x-content-type-options', /^nosniff$/],
  ['cache-control', /^no-store$/],
])
  assert.match(shown.response.headers.get(name), value)

// A form of another site: without the token, with one of another browser, with a good one that the
// browser says came from elsewhere.
const good = { form_token: shown.token, name: 'ada', password: PASSWORD }
const other = await form('/sign-in')
for (const [jar, fields, headers] of [
  [shown.jar, { ...good, form_token: '' }],
  [shown.jar, { ...good, form_token: other.token }],
  [{}, good],
  [other.jar, good],
  [shown.jar, good, { 'sec-fetch-site': 'cross-site' }],
  [shown.jar, good, { 'sec-fetch-site': 'same-site' }],
]) {
  const answer = await post('/sign-in', jar, fields, headers)
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.headers.getSetCookie(), [])
}

// Signing in makes a new session, and the one before ends.
const first = await post('/sign-in', shown.jar, good, { 'sec-fetch-site': 'same-origin' })
assert.equal(first.status, 303)
assert.match(first.headers.getSetCookie()[0], /^session=.*; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/)
const signedIn = { session: cookies(first).session }
const again = await form('/sign-in', signedIn)
const second = await post('/sign-in', again.jar, { ...good, form_token: again.token })
assert.notEqual(cookies(second).session, signedIn.session)
const account = (jar) =>
  fetch(`${issuer}/account`, { headers: { cookie: header(jar) }, redirect: 'manual' })
assert.equal((await account(signedIn)).status, 303, 'the session before is alive')
const now = { session: cookies(second).session }
assert.equal((await account(now)).status, 200)
// Sent twice, one of them may be planted.
const twice = { headers: { cookie: `session=${now.session}; session=x` }, redirect: 'manual' }
assert.equal((await fetch(`${issuer}/account`, twice)).status, 303)
// The cookie is no token, and the token endpoint knows no such client.
const bearer = { headers: { authorization: `Bearer ${now.session}` } }
assert.equal((await fetch(`${issuer}/api/chats`, bearer)).status, 401)
const grant = { grant_type: 'refresh_token', refresh_token: now.session, client_id: 'sign-in' }
assert.equal((await post('/token', {}, grant)).status, 400)

// Nothing is ended by a link, nor by a form of another site; nor another person's session.
for (const path of ['/sign-out', '/account/withdraw', '/account/end', '/account/everywhere']) {
  assert.equal((await fetch(issuer + path, { headers: { cookie: header(now) } })).status, 405)
  const forged = { client: 'chat-export', session: 'x', form_token: shown.token }
  assert.equal((await post(path, now, forged)).status, 403)
}
assert.equal((await account(now)).status, 200)

// After signing in nobody is sent to another site.
for (const return_to of [
  'https://evil.example/', '//evil.example/', '/\\evil.example', '/authorize', 'javascript:alert(1)',
  '/authorize?\r\nlocation: https://evil.example/', '\t//evil.example', '/account/../..//evil.example',
]) {
  const page = await form('/sign-in')
  const answer = await post('/sign-in', page.jar, { ...good, form_token: page.token, return_to })
  assert.equal(answer.headers.get('location'), '/account', return_to)
}

// Three wrong passwords are enough, and a right one does not help then; others are not kept out.
// An unknown user is told the same.
for (const name of ['grace', 'nobody']) {
  const page = await form('/sign-in')
  const attempt = (password) =>
    post('/sign-in', page.jar, { form_token: page.token, name, password })
  for (let tries = 0; tries < 3; tries++) {
    const answer = await attempt('wrong')
    assert.equal(answer.status, 422)
    assert.match(await answer.text(), /The user name or the password is wrong/)
  }
  const answer = await attempt('ships are safe in harbour')
  assert.equal(answer.status, 429)
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
}
const asks = (scope) => `${issuer}/authorize?response_type=code&client_id=chat-phone&scope=${scope}&code_challenge=${'a'.repeat(43)}&code_challenge_method=S256&redirect_uri=com.example.chatter:/callback`
// Each permission reads as what it is: a single chat as one, a wildcard with all that it covers.
const reads = async (scope, ...texts) => {
  const beforeForm = (fields, page) => {
    for (const text of fields.has('ticket') ? texts : []) assert.ok(page.includes(text), page)
  }
  const back = await ada().visit(asks(scope), 'allow', { beforeForm })
  assert.equal(back.protocol, 'com.example.chatter:')
}
await reads('chat:1:read', 'Read your chat 1', 'chat:1:read')
await reads('chat:7:list', 'See the list of your chats (only “chat” “7”)')
await reads(
  'chat:*:*', 'Do everything with every “chat”', 'See the list of your chats',
  'Read all of your chats', 'Delete any of your chats',
  'This is for everything that can be done, now and in future.',
)

// With TLS the names say that no other host has set the cookie.
const plain = secure.replace('https:', 'http:')
const cookie = (await fetch(`${plain}/sign-in`)).headers.getSetCookie()[0]
assert.match(cookie, /^__Host-form=[^;]{22}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/)
console.log('forms: all is well')
