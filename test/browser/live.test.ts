import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { openSteering } from '../../src/cli/steering.js'
import { writeFileAtomic } from '../../src/data/index.js'
import { createDesk } from '../../src/tuning/control.js'
import { root } from '../server/lab.js'
import { labInBrowser, openNotebook, runCell } from './open.js'

/** Numbers of points and of the last one, as the view has them: equal while nothing is lost and nothing doubled. */
async function pointsOf(view: Locator): Promise<{ points: number; last: number }> {
  // Both at once: they change while we look.
  return view.evaluate(({ dataset }) => ({ points: Number(dataset.points), last: Number(dataset.last) }))
}

async function until<T>(page: Page, ask: () => Promise<T>, enough: (answer: T) => boolean, what: string): Promise<T> {
  let answer = await ask()
  for (const end = Date.now() + 120_000; Date.now() < end; answer = await ask()) {
    if (enough(answer)) return answer
    await page.waitForTimeout(100)
  }
  throw new Error(`in vain waited for: ${what}; the last answer was ${JSON.stringify(answer)}`)
}

describe('live runs in JupyterLab, in a browser', () => {
  const set = labInBrowser()
  let folder: string

  before(() => {
    mkdirSync(join(root, 'runs'), { recursive: true })
    folder = mkdtempSync(join(root, 'runs', 'test-live-'))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A copy that may be saved. */
  const notebook = (name: string) => {
    const copy = join(folder, `${name}.ipynb`)
    copyFileSync(join(root, 'test', 'browser', 'live.ipynb'), copy)
    return relative(root, copy)
  }

  it('goes on after a reload in the middle of a run without gap or repeat', async function () {
    this.timeout(240_000)
    const path = notebook('reload')
    const { page, errors } = await openNotebook(set.lab, set.browser, path)
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

    // The sweep beside it: its display's updates went to the page that was left.
    const sweep = page.locator('.jp-AdtView-sweep').first()
    await sweep.getByText('1 of 1 trials finished').waitFor({ timeout: 30_000 })
    assert.match(await sweep.locator('.jp-AdtView-cell').first().innerText(), /^0\b/)
    // What came after the reload is saved, too.
    const saved = () => readFileSync(join(root, path), 'utf8')
    await until(
      page,
      async () => {
        await page.keyboard.press('Control+s')
        return saved()
      },
      text => text.includes('"status": "done"') && text.includes('"state": "finished"'),
      'the end in the notebook file',
    )
    assert.doesNotMatch(saved(), /"status": "running"|"live": \{/)
    assert.deepEqual(errors, [])
    await page.close()
  })

  it('pauses, changes, resumes and stops the run of a cell, in the cell and in the panel beside it', async function () {
    this.timeout(240_000)
    const { page, errors } = await openNotebook(set.lab, set.browser, notebook('steered'))
    await runCell(page, 1)
    const view = page.locator('.jp-Notebook .jp-AdtView-run[data-points]').first()
    await view.waitFor({ timeout: 120_000 })
    const press = (name: string) => view.getByRole('button', { name }).click()
    const shows = (state: string) =>
      view.locator(`.jp-AdtLive-state[data-state="${state}"]`).waitFor({ timeout: 30_000 })
    await shows('live')
    // It has no prompts.
    const sample = view.getByRole('button', { name: 'Sample now', description: 'This run has no prompts to draw.' })
    assert.equal(await sample.getAttribute('title'), 'Sample now – This run has no prompts to draw.')
    assert.equal(await sample.isDisabled(), true)
    await press('Pause')
    await shows('paused')
    const { points } = await pointsOf(view)
    await page.waitForTimeout(600)
    assert.equal((await pointsOf(view)).points, points, 'a paused run waits')
    await view.getByLabel('λ').fill('0,25')
    await view.getByLabel('λ').press('Enter')
    await view.getByText('λ 0.25 from iteration').waitFor({ timeout: 30_000 })
    await press('Resume')
    await shows('live')

    await page.keyboard.press('Escape')
    await page.locator('.jp-Notebook').first().focus()
    await page.keyboard.press('Control+Shift+c')
    await page.keyboard.type('ADT: Open run')
    await page.keyboard.press('Enter')
    await page.locator('.jp-Dialog input').waitFor({ timeout: 30_000 })
    assert.match(await page.locator('.jp-Dialog input').first().inputValue(), /^steered .*running/)
    const width = async (part: string) => (await page.locator(part).first().boundingBox())!.width
    assert.ok((await width('.jp-Dialog input')) > 0.95 * (await width('.jp-Dialog-body')), 'a long path can be read')
    await page.locator('.jp-Dialog .jp-mod-accept').click()
    const panel = page.locator('.jp-AdtPanel .jp-AdtLive[data-points]')
    await panel.waitFor({ timeout: 30_000 })
    await until(
      page,
      () => pointsOf(panel),
      now => now.points > points + 20,
      'points in the panel',
    )
    const both = await pointsOf(panel)
    assert.equal(both.points, both.last)
    await panel.getByRole('button', { name: 'Stop' }).click()
    await panel.locator('.jp-AdtLive-state[data-state="stopped"]').waitFor({ timeout: 30_000 })
    assert.deepEqual(errors, [])
    await page.close()
  })

  it('follows and steers a run in a terminal through its folder; hidden it does not draw', async function () {
    this.timeout(240_000)
    const run = join(folder, 'terminal')
    writeFileAtomic(join(run, 'config.json'), JSON.stringify({ options: { K: 3 } }))
    const desk = createDesk({ lambda: 0.5, learningRate: { generator: 1e-4, discriminator: 1e-4 } }, false)
    const steering = openSteering(run)
    steering.show({ kind: 'start', iteration: 1, total: 1e6, settings: {}, prompts: [], control: desk.control })
    let iteration = 0
    const timer = setInterval(() => {
      if (desk.control.paused) return
      const losses = { diffusion: Math.random() }
      const line = { kind: 'step', iteration: ++iteration, total: 1e6, losses, seconds: 0.1 }
      appendFileSync(join(run, 'metrics.jsonl'), `${JSON.stringify(line)}\n`)
    }, 50)
    try {
      const { page, errors } = await openNotebook(set.lab, set.browser, notebook('terminal'))
      await page.locator('.jp-DirListing-item[data-isdir="true"]', { hasText: 'terminal' }).click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Open as ADT Run' }).click()
      const panel = page.locator('.jp-AdtPanel .jp-AdtLive[data-points]')
      await panel.waitFor({ timeout: 30_000 })
      await until(
        page,
        () => pointsOf(panel),
        now => now.points > 20 && now.points === now.last,
        'lines of the folder',
      )
      const path = panel.locator('.scatterlayer path.js-line').first()
      await path.waitFor({ timeout: 60_000 })
      await page.getByRole('tab', { name: 'terminal.ipynb' }).click()
      await page.waitForTimeout(1000)
      const [drawn, { points }] = [await path.getAttribute('d'), await pointsOf(panel)]
      await until(
        page,
        () => pointsOf(panel),
        now => now.points > points + 10,
        'news while hidden',
      )
      assert.equal(await path.getAttribute('d'), drawn, 'nothing is drawn while nobody looks')
      await page.getByRole('tab', { name: 'terminal', exact: true }).click()
      await until(
        page,
        () => path.getAttribute('d'),
        now => now !== drawn,
        'the drawing',
      )
      await panel.getByLabel('learning rate').fill('2e-5')
      await panel.getByLabel('learning rate').press('Enter')
      await until(
        page,
        async () => desk.control.values.learningRate.generator,
        rate => rate === 2e-5,
        'the new rate',
      )
      await panel.getByRole('button', { name: 'Stop' }).click()
      await until(
        page,
        async () => desk.stopped,
        stopped => stopped,
        'the stop',
      )
      steering.close({ status: 'stopped' })
      await panel.locator('.jp-AdtLive-state[data-state="stopped"]').waitFor({ timeout: 30_000 })
      assert.deepEqual(errors, [])
      await page.close()
    } finally {
      clearInterval(timer)
      steering.close({ status: 'stopped' })
    }
  })
})
