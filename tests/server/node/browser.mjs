// A browser as people have it: headless Chromium, with the accessibility check of axe.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import puppeteer from 'puppeteer-core'

const require = createRequire(import.meta.url)
const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8')

/** A browser. Scripts are off in its pages, unless `script` is set. */
export async function open() {
  return puppeteer.launch({
    executablePath: process.env.HALLPASS_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--lang=en'],
  })
}

export async function page(browser, { width = 1000, height = 800, script = false } = {}) {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  await page.setViewport({ width, height, deviceScaleFactor: width < 500 ? 2 : 1 })
  await page.setJavaScriptEnabled(script)
  page.on('dialog', () => {
    throw new Error('a dialog was opened')
  })
  return page
}

/** Fails if axe finds anything, or the page is wider than its window. */
export async function check(page, name) {
  const report = await inspect(page)
  if (report.length) throw new Error(`${name}: ${JSON.stringify(report, null, 2)}`)
}

// The pages forbid every script, so the same page is shown once more where axe may run.
async function inspect(page) {
  const [url, html, shown] = [page.url(), await page.content(), page.viewport()]
  const twin = await page.browserContext().newPage()
  await twin.setViewport(shown)
  await twin.emulateMediaFeatures(page.features ?? [])
  await twin.setBypassCSP(true)
  await twin.setRequestInterception(true)
  twin.on('request', (request) =>
    request.isNavigationRequest()
      ? request.respond({ contentType: 'text/html; charset=utf-8', body: html })
      : request.continue(),
  )
  await twin.goto(url)
  await twin.evaluate(axe)
  const found = await twin.evaluate(async () => {
    const report = await globalThis.axe.run(document, { resultTypes: ['violations'] })
    const { scrollWidth, clientWidth } = document.documentElement
    const wide = scrollWidth - clientWidth
    return [
      ...report.violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) })),
      ...(wide > 0 ? [{ id: 'width', help: `${wide} px wider than the window` }] : []),
    ]
  })
  await twin.close()
  return found
}

/** Goes on by pressing the button or link that reads so. */
export async function press(page, text) {
  const target = await page.waitForSelector(`::-p-xpath(//button[normalize-space()="${text}"] | //a[normalize-space()="${text}"])`)
  await Promise.all([page.waitForNavigation(), target.click()])
}

/** All that a person can read. */
export async function text(page) {
  return page.$eval('body', (body) => body.innerText)
}
