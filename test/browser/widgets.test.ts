import assert from 'node:assert/strict'
import { labInBrowser, openNotebook, runCell } from './open.js'

describe('progress bars and sliders in JupyterLab, in a browser', () => {
  const set = labInBrowser()

  it("draws them, and tells the cell of the slider's value", async function () {
    this.timeout(180_000)
    const { page, errors } = await openNotebook(set.lab, set.browser, 'test/browser/widgets.ipynb')
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
