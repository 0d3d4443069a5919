// Instances of the server as processes, and an application that asks one of them by its address.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PEER } from './user.mjs'

export class Instance {
  constructor(program, config, address) {
    Object.assign(this, { program, config, address, url: `http://${address}` })
  }

  async start() {
    const options = ['--config', this.config, '--listen', this.address]
    this.process = spawn(this.program, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    const listens = (text) => text.toString().includes('listening on')
    await new Promise((done, failed) => {
      this.process.stdout.on('data', (text) => listens(text) && done())
      this.process.once('exit', (code) => failed(new Error(`it ended with ${code}`)))
    })
    return this
  }

  /** Asks it to stop, or kills it. */
  async stop(signal = 'SIGTERM') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const gone = once(this.process, 'exit')
    this.process.kill(signal)
    const [code] = await gone
    if (signal === 'SIGTERM' && code !== 0) throw new Error(`it ended with ${code}`)
  }
}

const VERIFIER = 'v'.repeat(64)
// SHA-256 of it.
const { subtle } = globalThis.crypto
const hash = await subtle.digest('SHA-256', new TextEncoder().encode(VERIFIER))
export const CHALLENGE = Buffer.from(hash).toString('base64url')
const REDIRECT = 'com.example.chatter:/callback'

/** Where the app for phones sends people. */
export function authorize(base, more = {}) {
  const url = new URL(`${base}/authorize`)
  url.search = new URLSearchParams({
    client_id: 'chat-phone',
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'offline_access chat:*:list',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  })
  return url.href
}

async function token(base, fields) {
  const body = new URLSearchParams({ client_id: 'chat-phone', ...fields })
  const response = await fetch(`${base}/token`, { method: 'POST', body, headers: PEER })
  return { status: response.status, ...(await response.json()) }
}

export const exchange = (base, back) =>
  token(base, {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code'),
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
  })

export const refresh = (base, refresh_token) =>
  token(base, { grant_type: 'refresh_token', refresh_token })

export async function revoke(base, token) {
  const body = new URLSearchParams({ client_id: 'chat-phone', token })
  return (await fetch(`${base}/revoke`, { method: 'POST', body, headers: PEER })).status
}

export async function call(base, token) {
  const headers = { ...PEER, authorization: `Bearer ${token}` }
  return (await fetch(`${base}/api/chats`, { headers })).status
}
