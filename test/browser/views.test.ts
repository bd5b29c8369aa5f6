import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { root } from '../server/lab.js'
import { seriousProblems } from './accessibility.js'
import { stillListening, watchListeners } from './listeners.js'
import { labInBrowser, openNotebook, openPage, runCell } from './open.js'

/** Presses an entry of a view's export menu and gives the file. */
async function exported(page: Page, view: Locator, entry: string): Promise<Buffer> {
  await view.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    view.getByRole('menuitem', { name: entry }).click(),
  ])
  return readFileSync(await download.path())
}

/** In the page: notes what moves in our views without anybody having pressed anything. */
function watchJumps(): void {
  interface Shift extends PerformanceEntry {
    hadRecentInput: boolean
    sources: { node: Node | null }[]
  }
  const jumps: string[] = []
  Object.assign(globalThis, { jumps })
  new PerformanceObserver(list => {
    for (const { hadRecentInput, sources } of list.getEntries() as Shift[]) {
      for (const { node } of hadRecentInput ? [] : sources) {
        const own = node instanceof Element ? node : node?.parentElement
        if (own?.closest('.jp-AdtView-gradientScale')) jumps.push(own.outerHTML.slice(0, 200))
      }
    }
  }).observe({ type: 'layout-shift' })
}

describe('the views of a run and of the gradient scale in JupyterLab, in a browser', () => {
  // The notebook is saved here, so it is a copy, two folders down as the cells expect.
  const folder = join('runs', `views-${randomUUID()}`)
  const notebook = join(folder, 'views.ipynb')
  const set = labInBrowser()
  let page: Page
  let errors: string[]
  let outside: string[]
  const view = (index: number) => page.locator('.jp-AdtView').nth(index)
  const tab = (name: string) => view(0).getByRole('tab', { name }).click()

  before(async function () {
    this.timeout(240_000)
    mkdirSync(join(root, folder), { recursive: true })
    cpSync(join(root, 'test', 'browser', 'views.ipynb'), join(root, notebook))
    cpSync(join(root, 'test', 'browser', 'run'), join(root, folder, 'recorded'), { recursive: true })
    ;({ page, errors, outside } = await openNotebook(set.lab, set.browser, notebook))
    await runCell(page, 0)
    await view(0).getByRole('tab', { name: 'Overview' }).waitFor({ timeout: 120_000 })
    await page.locator('.jp-AdtView-status', { hasText: 'done' }).waitFor({ timeout: 60_000 })
  })

  after(() => rmSync(join(root, folder), { recursive: true, force: true }))

  it('draws every tab of a run that comes through the kernel, without a serious problem for anybody', async function () {
    this.timeout(120_000)
    const drawn: [name: string, what: string, least: number][] = [
      ['Overview', '.main-svg .scatterlayer .trace', 6],
      ['Gradient', '.main-svg .heatmaplayer image', 1],
      ['Discriminator', '.main-svg .scatterlayer .trace', 20],
      ['Samples', '.jp-AdtView-sampleGrid img', 12],
      ['Memory and speed', '.main-svg .scatterlayer .trace', 3],
    ]
    for (const [name, what, least] of drawn) {
      await tab(name)
      const shown = view(0).locator(`[role=tabpanel]:not([hidden]) ${what}`)
      await shown.nth(least - 1).waitFor({ state: 'attached', timeout: 30_000 })
      assert.deepEqual(await seriousProblems(page, '.jp-AdtView'), [], name)
    }
  })

  it('shows the images of a moment with their scores, and compares samples with a wipe', async function () {
    this.timeout(60_000)
    await tab('Discriminator')
    const moment = view(0).locator('.jp-AdtView-moments')
    const last = await moment.locator('h5').textContent()
    await moment.getByRole('slider').press('Home')
    assert.notEqual(await moment.locator('h5').textContent(), last)
    assert.equal(await moment.locator('img').count(), 16)
    assert.match((await moment.locator('img').first().getAttribute('alt')) ?? '', /, real: score −?\d/)
    await tab('Samples')
    await view(0).getByRole('radio', { name: 'wipe' }).check()
    const edge = () =>
      view(0)
        .locator('.jp-AdtView-wipe')
        .first()
        .evaluate(node => node.style.getPropertyValue('--edge'))
    assert.equal(await edge(), '50%')
    await view(0).getByRole('slider', { name: 'wipe' }).fill('80')
    assert.equal(await edge(), '80%')
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.locator('.jp-Notebook .jp-CodeCell').count(), 3, 'no shortcut of JupyterLab took a key')
  })

  it('computes curves in the page: samplers, steps, Fig. A1', async function () {
    this.timeout(60_000)
    await page.evaluate(watchJumps)
    await runCell(page, 1)
    const scale = view(1)
    await scale.locator('.main-svg').first().waitFor({ timeout: 60_000 })
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as { jumps: string[] }).jumps), [])
    await scale.getByRole('radio', { name: 'Fig. A1' }).check()
    await scale.locator('.jp-AdtView-plot').nth(1).locator('.scatterlayer .trace').nth(5).waitFor({ state: 'attached' })
    await scale.getByRole('radio', { name: 'explore' }).check()
    await scale.getByRole('slider', { name: 'steps' }).fill('12')
    await scale.getByRole('application').focus()
    await page.keyboard.press('End')
    assert.match(
      (await scale.locator('[aria-live]').textContent()) ?? '',
      /step 12 of 12 · t = .* gain .* w .* a .* b /,
    )
    assert.match((await scale.textContent()) ?? '', /Algorithm 1 drew steps \d+, \d+, \d+\. Together they carry/)
    assert.deepEqual(await seriousProblems(page, '.jp-AdtView-gradientScale'), [])
  })

  it('is reached with the Tab key, all of it', async function () {
    this.timeout(60_000)
    const scale = view(1)
    await scale.getByRole('radio', { checked: true }).first().focus()
    const reached = new Set<string>()
    for (let presses = 0; presses < 40; presses++) {
      const at = await scale.evaluate(node => {
        const active = document.activeElement
        if (!active || !node.contains(active)) return undefined
        const named = active.closest('[role=radiogroup], [role=group]') ?? active
        return named.getAttribute('aria-label') ?? active.textContent ?? ''
      })
      if (at === undefined) break
      reached.add(at)
      await page.keyboard.press('Tab')
    }
    const wanted = ['Curves', 'Quantity', 'Vertical axis', 'Samplers', 'Schedules', 'Backward paths']
    const missing = [...wanted, 'steps', 'start', 'K', 'Draw again', 'Numbers'].filter(name => !reached.has(name))
    assert.deepEqual(missing, [], [...reached].join(', '))
    assert.ok(
      [...reached].some(name => name.includes('arrow keys')),
      'the plot',
    )
  })

  it('gives PNG, SVG and CSV', async function () {
    this.timeout(60_000)
    const png = await exported(page, view(1), 'Picture (PNG)')
    assert.equal(png.subarray(1, 4).toString(), 'PNG')
    const svg = (await exported(page, view(1), 'Drawing (SVG)')).toString()
    assert.match(svg, /^<svg .*>Gradient scale /s)
    assert.ok(!svg.includes('>Export<'), 'controls are left out')
    await tab('Discriminator')
    const scores = (await exported(page, view(0), 'Drawing (SVG)')).toString()
    const pictures = await view(0).locator('.jp-AdtView-moments img').count()
    assert.equal(scores.match(/<image /g)?.length, pictures, 'every picture that was judged')
    assert.ok((scores.match(/js-line/g)?.length ?? 0) > 20, 'distributions and curves')
    await tab('Samples')
    const csv = (await exported(page, view(1), 'Numbers (CSV)')).toString()
    assert.match(csv, /^curve,step,t,gain,a,b,w\r\n"DDIM-12, linear: ADT",1,/)
  })

  it('shows a message for what it cannot draw, runs nothing of it, and goes on', async function () {
    this.timeout(60_000)
    await runCell(page, 2)
    await view(11).waitFor({ timeout: 60_000 })
    const messages = await page.locator('.jp-AdtView > .jp-AdtView-problem').allTextContents()
    const wanted = [
      /format 99/,
      /does not know the view “atlas”/,
      /curves\.0\.gain/,
      /at most 20000/,
      /runs\.0\.status/,
      /tiles\.0\.image: must be a PNG/,
      /a byte for each column and bin/,
      /cannot be drawn/,
    ]
    assert.equal(messages.length, wanted.length, messages.join('\n'))
    wanted.forEach((words, i) => {
      assert.match(messages[i]!, words)
    })
    assert.match((await view(10).textContent()) ?? '', /<script>/, 'a title is text')
    assert.equal(await page.evaluate(() => 'hostile' in globalThis), false)
  })

  it('follows the theme', async function () {
    this.timeout(60_000)
    const line = view(1).locator('.scatterlayer .trace .js-line').first()
    const light = await line.evaluate(node => getComputedStyle(node).stroke)
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    await page.locator('.lm-Menu-item', { hasText: /^Theme$/ }).hover()
    await page.locator('.lm-Menu-item', { hasText: /^JupyterLab Dark$/ }).click()
    await page.waitForFunction(() => document.body.dataset.jpThemeLight === 'false')
    await page.waitForFunction(
      light => {
        const lines = document.querySelectorAll('.jp-AdtView-gradientScale .scatterlayer .trace .js-line')
        return lines[0] !== undefined && getComputedStyle(lines[0]).stroke !== light
      },
      light,
      { timeout: 20_000 },
    )
    assert.deepEqual(await seriousProblems(page, '.jp-AdtView-gradientScale'), [], 'in the dark theme')
    for (const name of ['Overview', 'Gradient', 'Discriminator', 'Memory and speed', 'Samples']) {
      await tab(name)
      await page.waitForTimeout(300)
      assert.deepEqual(await seriousProblems(page, '.jp-AdtView-run'), [], `${name} in the dark theme`)
    }
  })

  it('reopens without a kernel as the reader left it', async function () {
    this.timeout(120_000)
    await page.keyboard.press('Control+s')
    await page.waitForFunction(() => !document.querySelector('.jp-mod-dirty'))
    const again = await openNotebook(set.lab, set.browser, notebook)
    await again.page.getByRole('tab', { name: 'Samples', selected: true }).first().waitFor({ timeout: 60_000 })
    const scale = again.page.locator('.jp-AdtView-gradientScale').first()
    await scale.scrollIntoViewIfNeeded({ timeout: 60_000 })
    await scale.locator('.scatterlayer .trace').first().waitFor({ state: 'attached', timeout: 60_000 })
    assert.ok(await scale.getByRole('radio', { name: 'explore' }).isChecked())
    assert.equal(await scale.getByRole('slider', { name: 'steps' }).inputValue(), '12')
    assert.ok(await again.page.getByRole('radio', { name: 'wipe' }).first().isChecked(), 'what is set in a tab')
    assert.equal(await again.page.getByRole('slider', { name: 'wipe' }).first().inputValue(), '80')
    assert.deepEqual(again.errors, [])
    await again.page.close()
  })

  it('does the same in Notebook 7, saved and from its kernel', async function () {
    this.timeout(120_000)
    const seven = await openPage(set.browser, `${set.lab.url}notebooks/${notebook}?token=${set.lab.token}`)
    await seven.page.locator('.jp-Notebook').first().waitFor({ timeout: 60_000 })
    await seven.page.getByRole('tab', { name: 'Samples', selected: true }).first().waitFor({ timeout: 60_000 })
    const cell = seven.page.locator('.jp-Notebook .jp-CodeCell').nth(1)
    const scale = cell.locator('.jp-AdtView-gradientScale')
    await scale.scrollIntoViewIfNeeded({ timeout: 60_000 })
    assert.ok(await scale.getByRole('radio', { name: 'explore' }).isChecked())
    await scale.evaluate(node => node.setAttribute('data-mark', 'saved'))
    await seven.page.locator('.jp-Notebook-ExecutionIndicator[data-status=idle]').waitFor({ timeout: 60_000 })
    await cell.locator('.cm-content').click()
    await seven.page.keyboard.press('Shift+Enter')
    const drawn = cell.locator('.jp-AdtView-gradientScale:not([data-mark]) .scatterlayer .trace')
    await drawn.first().waitFor({ state: 'attached', timeout: 60_000 })
    // Notebook 7.6 says these by itself, with no extension of ours.
    const itsOwn = /reading 'schema'|Command 'filebrowser:open-path' not registered/
    assert.deepEqual(
      seven.errors.filter(error => !itsOwn.test(error)),
      [],
    )
    await seven.page.close()
  })

  it('opens a run from its metrics.jsonl, as it was left, and leaves nothing behind', async function () {
    this.timeout(180_000)
    const { page, errors } = await openNotebook(set.lab, set.browser, notebook)
    const file = (name: string) => page.locator('.jp-DirListing-item', { hasText: name })
    await file('recorded').dblclick()
    await file('metrics.jsonl').dblclick()
    const panel = page.locator('.jp-AdtPanel')
    await panel.getByRole('tab', { name: 'Discriminator' }).click()
    await panel.locator('.jp-AdtView-moments img').nth(7).waitFor({ timeout: 30_000 })
    await panel.getByRole('radio', { name: 'heatmap' }).check()
    await panel.getByRole('tab', { name: 'Samples' }).click()
    await panel.locator('.jp-AdtView-rowLabel', { hasText: 'reference' }).waitFor({ timeout: 30_000 })
    await panel.getByRole('tab', { name: 'Discriminator' }).click()
    assert.deepEqual(await seriousProblems(page, '.jp-AdtPanel'), [])
    // JupyterLab saves its layout a second after it changed.
    await page.waitForTimeout(2500)
    await watchListeners(page)
    await page.reload()
    await panel.getByRole('tab', { name: 'Discriminator', selected: true }).waitFor({ timeout: 60_000 })
    assert.ok(await panel.getByRole('radio', { name: 'heatmap' }).isChecked())

    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable')
    const close = async () => {
      await page.waitForTimeout(400)
      await page.locator('.lm-TabBar-tab.lm-mod-current[data-type="document-title"] .lm-TabBar-tabCloseIcon').click()
      await panel.waitFor({ state: 'detached' })
    }
    const held = async () => {
      for (let i = 0; i < 3; i++) {
        await devtools.send('HeapProfiler.collectGarbage')
        await page.waitForTimeout(200)
      }
      const { metrics } = await devtools.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'Nodes')!.value
    }
    const openAndClose = async () => {
      await file('metrics.jsonl').dblclick()
      await panel.locator('.main-svg').first().waitFor({ timeout: 30_000 })
      await close()
    }
    const open = (await stillListening(page)).length
    await close()
    await openAndClose()
    await openAndClose()
    const before = await held()
    const listening = (await stillListening(page)).length
    for (let i = 0; i < 5; i++) await openAndClose()
    const after = await held()
    assert.ok(listening > 0 && open > listening, `${open} listeners of a panel, then ${listening}`)
    assert.equal((await stillListening(page)).length, listening, 'a closed panel listens to nothing')
    // JupyterLab itself keeps about 110 nodes of every document; a panel of ours has thousands.
    assert.ok(after - before < 700, `${after - before} nodes more after five panels`)
    assert.deepEqual(errors, [])
    await page.close()
  })

  it('had no error of a script, and fetched nothing from outside', () => {
    assert.deepEqual(errors, [])
    assert.deepEqual(outside, [])
  })
})
