// The demo's own store, a SQLite file: a restart in the middle of a sign-in loses nothing, and
// neither does the kill of a power cut.
import assert from 'node:assert/strict'
import { Instance, authorize, call, exchange, refresh } from './instance.mjs'
import { ada } from './user.mjs'

const [, , program, config, issuer, address] = process.argv
const server = await new Instance(program, config, address).start()
try {
  const person = ada()
  const first = await exchange(issuer, await person.visit(authorize(issuer)))
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    let forms = 0
    const back = await person.visit(authorize(issuer, { prompt: 'login consent' }), 'allow', {
      beforeForm: async () => {
        forms += 1
        await server.stop(signal)
        await server.start()
      },
    })
    assert.equal(forms, 2, 'the sign-in and the consent')
    assert.equal((await exchange(issuer, back)).status, 200)
    assert.equal(await call(issuer, first.access_token), 200)
  }
  assert.equal((await refresh(issuer, first.refresh_token)).status, 200)
  await server.stop()
  console.log('restart: all is well')
} finally {
  await server.stop('SIGKILL')
}
