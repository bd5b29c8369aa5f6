/**
 * `npm run docs:views`: pictures of every view, in both themes, wide and narrow, for docs/views.md.
 *
 * A run that was recorded (test/browser/run) is replayed in a notebook: its events go the way of a live run's, through
 * kernel, comm and page, and a headless Chromium takes the pictures.
 */

import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { launchChromium } from '../../test/browser/chromium.js'
import { openNotebook, runCell } from '../../test/browser/open.js'
import { root, startLab } from '../../test/server/lab.js'

/** The page's width, of which JupyterLab takes a part. */
const widths = { wide: 1180, narrow: 620 }
/** So high that no view is scrolled out of it: JupyterLab takes away what is not in sight. */
const height = 4000

interface Shot {
  readonly name: string
  /** Which of the notebook's views, and what is pressed in it first. */
  readonly view: number
  readonly press: (view: Locator) => Promise<void>
}

const tab = (name: string) => (view: Locator) => view.getByRole('tab', { name }).click()
const radio = (view: Locator, name: string) => view.getByRole('radio', { name, exact: true }).check()

const shots: readonly Shot[] = [
  { name: 'run', view: 0, press: tab('Overview') },
  { name: 'gradient', view: 0, press: tab('Gradient') },
  { name: 'discriminator', view: 0, press: tab('Discriminator') },
  { name: 'samples', view: 0, press: tab('Samples') },
  { name: 'speed', view: 0, press: tab('Memory and speed') },
  { name: 'scale', view: 1, press: view => radio(view, 'explore') },
  { name: 'figure-a1', view: 1, press: view => radio(view, 'Fig. A1') },
  { name: 'sweep', view: 2, press: async () => {} },
]

const folder = join('runs', `docs-${randomUUID()}`)
for (const needed of [folder, join('docs', 'views')]) mkdirSync(join(root, needed), { recursive: true })
writeFileSync(join(root, folder, 'views.ipynb'), JSON.stringify(notebook()))
const lab = await startLab()
const browser = await launchChromium()
try {
  const { page, errors } = await openNotebook(lab, browser, join(folder, 'views.ipynb'))
  await page.keyboard.press('Control+b')
  await page.setViewportSize({ width: widths.wide, height })
  for (let cell = 0; cell < 3; cell++) await runCell(page, cell)
  await page.locator('.jp-AdtView-heatmap').first().waitFor({ timeout: 120_000 })
  await page.locator('.jp-AdtView-status', { hasText: 'done' }).first().waitFor({ timeout: 120_000 })
  for (const theme of ['light', 'dark'] as const) {
    await setTheme(page, theme)
    for (const [size, width] of Object.entries(widths)) {
      await page.setViewportSize({ width, height })
      // What was heard of long ago is not called running.
      await runCell(page, 2)
      for (const shot of shots) await take(page, shot, `${shot.name}-${theme}-${size}.png`)
    }
  }
  if (errors.length > 0) throw new Error(`errors of scripts: ${errors.join('; ')}`)
} finally {
  await browser.close()
  await lab.stop()
  rmSync(join(root, folder), { recursive: true, force: true })
}

async function take(page: Page, { view: index, press }: Shot, name: string): Promise<void> {
  const view = page.locator('.jp-AdtView').nth(index)
  await press(view)
  // Plots follow their boxes in the next frames.
  await page.waitForTimeout(1200)
  await page.mouse.move(2, 2)
  const picture = await view.screenshot({ animations: 'disabled' })
  const file = join(root, 'docs', 'views', name)
  await sharp(picture).png({ palette: true, colours: 256, effort: 10 }).toFile(file)
  console.log(name, `${Math.round(readFileSync(file).length / 1024)} KB`)
}

async function setTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.getByRole('menuitem', { name: 'Settings' }).click()
  await page.locator('.lm-Menu-item', { hasText: /^Theme$/ }).hover()
  const name = theme === 'light' ? /^JupyterLab Light$/ : /^JupyterLab Dark$/
  await page.locator('.lm-Menu-item', { hasText: name }).click()
  await page.waitForFunction(light => document.body.dataset.jpThemeLight === light, String(theme === 'light'))
}

/** The run and the gradient scale of the browser tests' notebook, and a sweep. */
function notebook(): unknown {
  const views = JSON.parse(readFileSync(join(root, 'test', 'browser', 'views.ipynb'), 'utf8'))
  const [run, scale] = views.cells
  // In a cell `adt` is there.
  const source = readFileSync(join(root, 'scripts', 'docs', 'sweepCell.ts'), 'utf8').replace(/^import .*\n/m, '')
  return { ...views, cells: [run, scale, { ...run, id: 'sweep', source }] }
}
