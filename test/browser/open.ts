import { randomUUID } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { type Lab, startLab } from '../server/lab.js'
import { launchChromium } from './chromium.js'

/** A browser asks for a notebook's checkpoint list and the like; what counts are errors of scripts. */
export interface Opened {
  page: Page
  errors: string[]
  outside: string[]
}

let lab: Lab | undefined
let browser: Browser | undefined

after(async function () {
  this.timeout(60_000)
  await browser?.close()
  await lab?.stop()
})

/**
 * In a `describe`: a JupyterLab and a browser. All tests of a process share them; the pages, kernels and settings of a
 * `describe` go when its tests are done.
 */
export function labInBrowser(): { readonly lab: Lab; readonly browser: Browser } {
  before(async function () {
    this.timeout(180_000)
    lab ??= await startLab()
    browser ??= await launchChromium()
  })
  after(async function () {
    this.timeout(60_000)
    for (const context of browser?.contexts() ?? []) await context.close()
    await lab?.clear()
  })
  return {
    get lab() {
      return lab!
    },
    get browser() {
      return browser!
    },
  }
}

/**
 * A notebook of the repository, opened in JupyterLab. Each has a workspace of its own: in a shared one
 * JupyterLab may also reopen what an earlier page showed, as a tab before ours or in front of it.
 */
export async function openNotebook(lab: Lab, browser: Browser, path: string): Promise<Opened> {
  const opened = await openPage(browser, `${lab.url}lab/workspaces/${randomUUID()}/tree/${path}?token=${lab.token}`)
  await opened.page.locator('.jp-Notebook').first().waitFor({ timeout: 60_000 })
  return opened
}

/**
 * A page, with what goes wrong in it.
 * @param prepare what is done before the address is opened
 */
export async function openPage(
  browser: Browser,
  url: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await prepare(page)
  const errors: string[] = []
  const outside: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  page.on(
    'console',
    message => message.type() === 'error' && errors.push(`${message.text()} ${message.location().url}`),
  )
  page.on('request', request => {
    if (!/^(data|blob):|^(http|ws):\/\/127\.0\.0\.1[:/]/.test(request.url())) outside.push(request.url())
  })
  await page.goto(url)
  return { page, errors, outside }
}

/** Runs the next cell. One that is run before the kernel answers is forgotten. */
export async function runCell(page: Page, index: number): Promise<void> {
  await page.getByText('TypeScript (ADT) | Idle').waitFor({ timeout: 60_000 })
  await page.locator('.jp-Notebook .jp-CodeCell').nth(index).click()
  await page.keyboard.press('Shift+Enter')
}
