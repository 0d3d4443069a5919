// The whole story, as a person lives it at a browser without scripts:
// sign in, read what an app asks for, allow, see it work, take it back, see it end.
//
//     node story.mjs ISSUER PARTNER SCREENSHOTS
import assert from 'node:assert/strict'
import { check, open, page as newPage, press, text } from './browser.mjs'

const [, , issuer, partner, shots] = process.argv
const browser = await open()
try {
  const page = await newPage(browser)
  const shot = (name) => page.screenshot({ path: `${shots}/${name}.png` })

  await page.goto(partner)
  await press(page, 'Connect my account')
  assert.ok(page.url().startsWith(`${issuer}/sign-in`), page.url())
  assert.match(await text(page), /Chat Export by Example Partner/)
  await check(page, 'sign-in')
  await shot('sign-in')

  // A wrong password first; and by keyboard alone.
  const signIn = async (password) => {
    await page.focus('#name')
    await page.keyboard.down('Control')
    await page.keyboard.press('a')
    await page.keyboard.up('Control')
    await page.keyboard.type('ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  }
  await signIn('wrong')
  assert.match(await text(page), /The user name or the password is wrong/)
  await check(page, 'sign-in with a problem')
  await signIn('correct horse battery staple')

  const asked = await text(page)
  assert.match(asked, /Allow access\?/)
  assert.match(asked, /See the list of your chats/)
  assert.match(asked, /Read all of your chats/)
  assert.match(asked, /This is for every “chat”, those of the future included\./)
  assert.match(asked, /127\.0\.0\.1/)
  assert.match(asked, /This is for http:\/\/127\.0\.0\.1:\d+\/api\./)
  await check(page, 'consent')
  await shot('consent')
  await press(page, 'Allow')
  assert.equal(page.url(), `${partner}/`)

  await press(page, 'Export my chats')
  assert.match(await text(page), /2 chats were exported[^]*Bernoulli/)

  // The access token lives for two seconds here: the app has to refresh.
  await new Promise((done) => setTimeout(done, 2500))
  await page.reload()
  assert.match(await text(page), /2 chats were exported/)

  await page.goto(`${issuer}/account`)
  const mine = await text(page)
  assert.match(mine, /Ada Lovelace/)
  assert.match(mine, /Chat Export by Example Partner/)
  assert.match(mine, /1 session now/)
  assert.match(mine, /Chrome on Linux/)
  await check(page, 'account')
  await shot('account')
  await press(page, 'Take access away')
  assert.match(await text(page), /Access was taken away/)
  assert.match(await text(page), /No app may act for you/)
  await check(page, 'account after')

  await page.goto(`${partner}/export`)
  assert.match(await text(page), /You have taken our access away/)
  await page.goto(`${issuer}/account`)
  await press(page, 'Sign out')
  assert.match(await text(page), /Welcome/)
  await page.goto(`${issuer}/account`)
  assert.match(page.url(), /\/sign-in/)
  await page.goto(`${issuer}/authorize?client_id=nobody`)
  assert.match(await text(page), /This did not work/)
  await check(page, 'error')
  await shot('error')

  // A phone: 360 px wide. It says no.
  const phone = await newPage(browser, { width: 360, height: 740 })
  await phone.goto(`${partner}/connect`)
  await check(phone, 'sign-in on a phone')
  await phone.type('#name', 'ada')
  await phone.type('#password', 'correct horse battery staple')
  await press(phone, 'Sign in')
  await check(phone, 'consent on a phone')
  await phone.screenshot({ path: `${shots}/consent-phone.png`, fullPage: true })
  await press(phone, 'Do not allow')
  assert.match(await text(phone), /You said no/)
  await phone.goto(`${issuer}/account`)
  await check(phone, 'account on a phone')
  await phone.screenshot({ path: `${shots}/account-phone.png`, fullPage: true })

  // The pages in the dark have their contrast, too.
  phone.features = [{ name: 'prefers-color-scheme', value: 'dark' }]
  await phone.emulateMediaFeatures(phone.features)
  await phone.reload()
  await check(phone, 'account in the dark')
  console.log('the whole story: all is well')
} finally {
  await browser.close()
}
