// Texts that people wrote, as bad as they can be, on every page; with scripts on.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { open, page as newPage, press, text } from './browser.mjs'

const issuer = process.argv[2]
const browser = await open()
try {
  const page = await newPage(browser, { script: true })
  const dialogs = []
  page.removeAllListeners('dialog')
  page.on('dialog', (dialog) => dialogs.push(dialog.message()) && dialog.dismiss())
  const isClean = async (name) => {
    const odd = await page.$$eval('script, img, svg, style, b, iframe', (all) => all.map((one) => one.outerHTML))
    assert.deepEqual(odd, [], name)
    const policy = await page.evaluate(() => fetch(location.href).then(() => 'a script ran', () => 'refused'))
    assert.equal(policy, 'refused', `${name}: connections are not forbidden`)
  }
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const url = new URL(`${issuer}/authorize`)
  url.search = new URLSearchParams({
    client_id: 'chat-export',
    redirect_uri: 'http://127.0.0.1:8500/callback',
    response_type: 'code',
    scope: 'chat:*:read chat:*:list',
    state: '"><script>alert("state")</script>',
    login_hint: '"><script>alert("hint")</script>',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  await page.goto(url.href)
  assert.match(await text(page), /<script>alert\("client"\)<\/script><img src=x onerror=alert\(1\)>&amp;/)
  assert.equal(await page.$eval('#name', (input) => input.value), '"><script>alert("hint")</script>')
  await isClean('sign-in')
  await page.$eval('#name', (input) => (input.value = '<script>alert("typed")</script>'))
  await page.type('#password', 'wrong')
  await press(page, 'Sign in')
  await isClean('sign-in with a problem')
  await page.$eval('#name', (input) => (input.value = 'ada'))
  await page.type('#password', 'correct horse battery staple')
  await press(page, 'Sign in')
  const asked = await text(page)
  assert.match(asked, /Allow access\?/)
  assert.ok(asked.includes('"><svg onload=alert("scope")> ${7*7} {{7*7}}'), asked)
  await isClean('consent')
  await page.goto(`${issuer}/account?done=%3Cscript%3Ealert(1)%3C/script%3E`)
  assert.ok((await text(page)).includes('<style>*{display:none}</style>Ada'))
  await isClean('account')
  for (const bad of [
    '/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E',
    '/authorize?client_id=chat-export&redirect_uri=javascript:alert(1)',
    '/%3Cscript%3Ealert(1)%3C/script%3E',
    '/sign-in?return_to=javascript:alert(1)',
  ]) {
    await page.goto(issuer + bad)
    await isClean(bad)
  }
  assert.deepEqual(dialogs, [])
  console.log('hostile texts: all is well')
} finally {
  await browser.close()
}
