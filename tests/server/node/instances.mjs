// Two instances work as one; one is killed; both are started anew in the middle.
import assert from 'node:assert/strict'
import { Instance, authorize, call, exchange, refresh, revoke } from './instance.mjs'
import { ada } from './user.mjs'

const [, , program, config, issuer, addressA, addressB] = process.argv
const a = await new Instance(program, config, addressA).start()
const b = await new Instance(program, config, addressB).start()
try {
  // Signed in at one, exchanged at the other, used at both.
  const one = await exchange(b.url, await ada().visit(authorize(a.url)))
  assert.equal(one.status, 200, JSON.stringify(one))
  assert.equal(await call(a.url, one.access_token), 200)
  assert.equal(await call(b.url, one.access_token), 200)

  // Refreshed at both at once: one lineage, and every answer is the same next token.
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => refresh([a, b][index % 2].url, one.refresh_token)),
  )
  assert.deepEqual(new Set(all.map((answer) => answer.status)), new Set([200]))
  const next = new Set(all.map((answer) => answer.refresh_token))
  assert.equal(next.size, 1, 'there is more than one next token')
  const two = await refresh(a.url, [...next][0])
  assert.equal(two.status, 200)

  // Revoked at one, refused at the other within a second.
  assert.equal(await revoke(a.url, two.refresh_token), 200)
  assert.equal(await call(a.url, two.access_token), 401)
  const began = performance.now()
  while ((await call(b.url, two.access_token)) !== 401)
    assert.ok(performance.now() - began < 1000, 'still alive after a second')
  const took = Math.round(performance.now() - began)
  assert.equal((await refresh(b.url, two.refresh_token)).error, 'invalid_grant')

  // Through nginx, each request at another instance: the whole flow, forms and all.
  const person = ada()
  const three = await exchange(issuer, await person.visit(authorize(issuer, { prompt: 'consent' })))
  assert.equal(three.status, 200, JSON.stringify(three))

  // One is killed while the flow is under way: after the sign-in, before the consent.
  const back = await person.visit(authorize(issuer, { prompt: 'consent' }), 'allow', {
    beforeForm: (fields) => fields.has('ticket') && b.stop('SIGKILL'),
  })
  const four = await exchange(issuer, back)
  assert.equal(four.status, 200, JSON.stringify(four))
  for (let times = 0; times < 10; times++) assert.equal(await call(issuer, four.access_token), 200)
  const five = await refresh(issuer, three.refresh_token)
  assert.equal(five.status, 200)

  // Both are started anew between the question and the answer: nothing is lost.
  const restarted = await person.visit(authorize(issuer, { prompt: 'consent' }), 'allow', {
    beforeForm: async (fields) => {
      if (!fields.has('ticket')) return
      await a.stop()
      await Promise.all([a.start(), b.start()])
    },
  })
  const six = await exchange(issuer, restarted)
  assert.equal(six.status, 200, JSON.stringify(six))
  for (const { url } of [a, b]) {
    assert.equal(await call(url, four.access_token), 200, 'a token of before')
    assert.equal(await call(url, two.access_token), 401, 'a token that was revoked')
  }
  assert.equal((await refresh(issuer, five.refresh_token)).status, 200)
  await Promise.all([a.stop(), b.stop()])
  console.log(`two instances: all is well; refused at the other after ${took} ms`)
} finally {
  await Promise.allSettled([a.stop('SIGKILL'), b.stop('SIGKILL')])
}
