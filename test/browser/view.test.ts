import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../server/lab.js'
import { labInBrowser, openNotebook, runCell } from './open.js'

const plot = '.jp-AdtView .main-svg'

describe('views in JupyterLab, in a browser', () => {
  const set = labInBrowser()

  const open = (path: string) => openNotebook(set.lab, set.browser, path)

  it('draws the gradient scale when its cell is run', async function () {
    this.timeout(180_000)
    const { page, errors, outside } = await open('test/browser/gradientScale.ipynb')
    await runCell(page, 0)
    await page.locator(plot).first().waitFor({ timeout: 120_000 })
    const lines = await page.locator('.jp-AdtView .scatterlayer .trace').count()
    assert.ok(lines >= 2, `a line for each path, not ${lines}`)
    assert.deepEqual(errors, [])
    assert.deepEqual(outside, [], 'nothing is fetched from outside')
    await page.close()
  })

  for (const name of ['01-quickstart', '02-why-gradients-explode']) {
    it(`draws the saved plots of ${name}`, async function () {
      this.timeout(180_000)
      const notebook = `notebooks/${name}.ipynb`
      const text = readFileSync(join(root, notebook), 'utf8')
      assert.ok(text.includes('application/vnd.adt.view+json'), 'its saved copy holds our views')
      const { page, errors } = await open(notebook)
      // JupyterLab draws a cell when it comes near: turn the wheel until the first view has.
      await page.locator('.jp-Notebook').first().hover()
      for (let turns = 0; turns < 200 && !(await page.locator(plot).first().isVisible()); turns++) {
        await page.mouse.wheel(0, 300)
        await page.waitForTimeout(250)
      }
      await page.locator(plot).first().waitFor({ timeout: 60_000 })
      assert.deepEqual(errors, [])
      await page.close()
    })
  }
})
