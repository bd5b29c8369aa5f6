import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Lab, root, startLab } from '../server/lab.js'
import { launchChromium } from './chromium.js'
import { openNotebook, runCell } from './open.js'

/** Numbers of points and of the last one, as the view has them: equal while nothing is lost and nothing doubled. */
async function pointsOf(view: Locator): Promise<{ points: number; last: number }> {
  // Both at once: they change while we look.
  return view.evaluate(({ dataset }) => ({ points: Number(dataset.points), last: Number(dataset.last) }))
}

async function until<T>(page: Page, ask: () => Promise<T>, enough: (answer: T) => boolean, what: string): Promise<T> {
  for (const end = Date.now() + 120_000; Date.now() < end; await page.waitForTimeout(100)) {
    const answer = await ask()
    if (enough(answer)) return answer
  }
  throw new Error(`in vain waited for: ${what}`)
}

describe('live runs in JupyterLab, in a browser', () => {
  let lab: Lab | undefined
  let browser: Browser | undefined
  let folder: string

  before(async function () {
    this.timeout(180_000)
    mkdirSync(join(root, 'runs'), { recursive: true })
    folder = mkdtempSync(join(root, 'runs', 'test-live-'))
    lab = await startLab()
    browser = await launchChromium()
  })

  after(async function () {
    this.timeout(60_000)
    await browser?.close()
    await lab?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A copy that may be saved. */
  const notebook = (name: string) => {
    const copy = join(folder, `${name}.ipynb`)
    copyFileSync(join(root, 'test', 'browser', 'live.ipynb'), copy)
    return relative(root, copy)
  }

  it('goes on after a reload in the middle of a run without gap or repeat', async function () {
    this.timeout(240_000)
    const { page, errors } = await openNotebook(lab!, browser!, notebook('reload'))
    await runCell(page, 0)
    const view = page.locator('.jp-AdtView-run[data-points]').first()
    await view.waitFor({ timeout: 120_000 })
    const before = await until(
      page,
      () => pointsOf(view),
      ({ points }) => points > 100,
      'a hundred points',
    )
    assert.equal(before.points, before.last)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+s')
    await page.waitForTimeout(1500)
    await page.reload()
    await view.waitFor({ timeout: 120_000 })
    let seen = 0
    await until(
      page,
      async () => {
        const now = await pointsOf(view)
        assert.equal(now.points, now.last, 'each iteration once')
        assert.ok(now.points >= seen, 'points stay')
        seen = now.points
        return now
      },
      ({ points }) => points === 2000,
      'the end of the run',
    )
    await page.locator('.jp-AdtLive-state[data-state="done"]').first().waitFor({ timeout: 30_000 })
    assert.deepEqual(errors, [])
    await page.close()
  })
})
