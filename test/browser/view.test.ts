import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type Lab, root, startLab } from '../server/lab.js'
import { launchChromium } from './chromium.js'

const plot = '.jp-AdtView .main-svg'

/** A browser asks for a notebook's checkpoint list and the like; what counts are errors of scripts. */
interface Opened {
  page: Page
  errors: string[]
  outside: string[]
}

describe('views in JupyterLab, in a browser', () => {
  let lab: Lab | undefined
  let browser: Browser | undefined

  before(async function () {
    this.timeout(180_000)
    lab = await startLab()
    browser = await launchChromium()
  })

  after(async function () {
    this.timeout(60_000)
    await browser?.close()
    await lab?.stop()
  })

  async function open(path: string): Promise<Opened> {
    const page = await browser!.newPage({ viewport: { width: 1280, height: 900 } })
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
    await page.goto(`${lab!.url}lab/tree/${path}?token=${lab!.token}`)
    await page.locator('.jp-Notebook').first().waitFor({ timeout: 60_000 })
    return { page, errors, outside }
  }

  it('draws the gradient scale when its cell is run', async function () {
    this.timeout(180_000)
    const { page, errors, outside } = await open('test/browser/gradientScale.ipynb')
    // A cell run before the kernel answers is forgotten.
    await page.getByText('TypeScript (ADT) | Idle').waitFor({ timeout: 60_000 })
    await page.locator('.jp-Notebook .jp-CodeCell').first().click()
    await page.keyboard.press('Shift+Enter')
    await page.locator(plot).first().waitFor({ timeout: 120_000 })
    const lines = await page.locator('.jp-AdtView .scatterlayer .trace').count()
    assert.ok(lines >= 2, `a line for each path, not ${lines}`)
    assert.deepEqual(errors, [])
    assert.deepEqual(outside, [], 'nothing is fetched from outside')
    await page.close()
  })

  const quickstart = 'notebooks/01-quickstart.ipynb'
  if (existsSync(join(root, quickstart))) {
    it('draws the saved plots of the quick start', async function () {
      this.timeout(180_000)
      const text = readFileSync(join(root, quickstart), 'utf8')
      assert.ok(text.includes('application/vnd.adt.view+json'), 'its saved copy holds our views')
      const { page, errors } = await open(quickstart)
      await page.locator('.jp-AdtView').first().scrollIntoViewIfNeeded({ timeout: 60_000 })
      await page.locator(plot).first().waitFor({ timeout: 60_000 })
      assert.deepEqual(errors, [])
      await page.close()
    })
  }
})
