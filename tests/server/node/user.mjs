// A person at a browser, without one: signs in, allows, and says where the server sends them.
//
//     node user.mjs AUTHORIZATION-URL USER PASSWORD [deny]

// What a proxy would say of us, where there is none. One that is there replaces it.
export const PEER = { 'x-real-ip': '192.0.2.1' }

const unescape = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

export class User {
  #cookies = new Map()
  constructor(name, password) {
    this.name = name
    this.password = password
  }

  async #fetch(url, options = {}) {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { ...PEER, ...(cookie ? { cookie } : {}) }
    const response = await fetch(url, { ...options, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (/Max-Age=0/.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }

  /** Follows the server's redirects and forms, to the first address that is not the server's. */
  async visit(url, decision = 'allow', { beforeForm } = {}) {
    const origin = new URL(url).origin
    let response = await this.#fetch(url)
    for (let step = 0; step < 12; step++) {
      if (response.status >= 300 && response.status < 400) {
        const next = new URL(response.headers.get('location'), url)
        if (next.origin !== origin) return next
        response = await this.#fetch(next)
        url = next
        continue
      }
      const page = await response.text()
      const action = /<form method="post" action="([^"]*)"/.exec(page)?.[1]
      if (!response.ok || !action) throw new Error(`${response.status} at ${url}: ${page}`)
      const fields = new URLSearchParams()
      for (const [, name, value] of page.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g))
        fields.append(name, unescape(value))
      if (page.includes('name="password"')) {
        fields.set('name', this.name)
        fields.set('password', this.password)
      } else fields.set('decision', decision)
      await beforeForm?.(fields, unescape(page))
      url = new URL(unescape(action), url)
      response = await this.#fetch(url, { method: 'POST', body: fields })
    }
    throw new Error(`no end after ${url}`)
  }
}

export const ada = () => new User('ada', 'correct horse battery staple')

if (import.meta.filename === process.argv[1]) {
  const [, , url, name, password, decision] = process.argv
  console.log((await new User(name, password).visit(url, decision)).href)
}
