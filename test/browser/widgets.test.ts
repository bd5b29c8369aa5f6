import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { type Lab, startLab } from '../server/lab.js'
import { launchChromium } from './chromium.js'
import { openNotebook, runCell } from './open.js'

describe('progress bars and sliders in JupyterLab, in a browser', () => {
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

  it("draws them, and tells the cell of the slider's value", async function () {
    this.timeout(180_000)
    const { page, errors } = await openNotebook(lab!, browser!, 'test/browser/widgets.ipynb')
    await runCell(page, 0)
    await page.locator('.widget-hprogress .progress-bar').waitFor({ timeout: 120_000 })
    await runCell(page, 1)
    const handle = page.locator('.widget-slider .noUi-handle')
    await handle.waitFor({ timeout: 60_000 })
    await handle.focus()
    await page.keyboard.press('ArrowRight')
    await page.getByText('λ is 0.51').waitFor({ timeout: 60_000 })
    assert.deepEqual(errors, [])
    await page.close()
  })
})
