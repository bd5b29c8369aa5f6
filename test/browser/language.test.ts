import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { gradientScaleView, sweepView, viewMime } from '../../src/views/index.js'
import { root } from '../server/lab.js'
import { labInBrowser, openPage } from './open.js'

/** Every text that the sources hand to the translator, in a language that only puts «» around it. */
function bracketed(): Record<string, unknown> {
  const sources = ['extension/src', 'src/views'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(join(root, folder, name), 'utf8')),
  )
  const words: Record<string, unknown> = {
    '': { domain: 'adt', language: 'eo', plural_forms: 'nplurals=2; plural=(n != 1);' },
  }
  const string = String.raw`('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")`
  const read = (text: string) => text.slice(1, -1).replaceAll("\\'", "'")
  for (const source of sources) {
    for (const [, text] of source.matchAll(RegExp(String.raw`trans\.__\(\s*${string}`, 'g')))
      words[read(text!)] = [`«${read(text!)}»`]
    for (const [, one, many] of source.matchAll(RegExp(String.raw`trans\._n\(\s*${string},\s*${string}`, 'g')))
      words[read(one!)] = [`«${read(one!)}»`, `«${read(many!)}»`]
  }
  return words
}

/** What a reader of our views sees, hears or points at that is not in that language. */
async function notTranslated(page: Page, within: string): Promise<string[]> {
  return page
    .locator(within)
    .first()
    .evaluate(root => {
      const said: string[] = []
      for (const node of root.querySelectorAll('*')) {
        // Captions of pictures are data.
        if (node.closest('[hidden], .jp-AdtView-columnLabel')) continue
        for (const name of ['aria-label', 'aria-valuetext', 'title', 'alt', 'placeholder'])
          said.push(node.getAttribute(name) ?? '')
        for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE) said.push(child.textContent ?? '')
      }
      return [...new Set(said)].filter(text => /\p{L}{2}/u.test(text) && !text.includes('«'))
    })
}

/** Names that are data: of samplers, methods, runs and their settings, losses, prompts and metrics; signs of units. */
const data =
  /^(ADT|DRTune|DDIM(-20)?|DPM-Solver\+\+|Flow Euler|fd|recorded|adversarial|diffusion|discriminator|generator|total|real|fake|model|features|data|sampler|steps|batch|learningRate|seed|emoji.*|fluent|ddim|[\d.]+ (s|GB|MB|min)|red apple|rocket|cat face|sunflower|pizza|blue heart|snowman|volcano|lambda|λ.*|K)$/

describe('the language of JupyterLab, in a browser', () => {
  const folder = join('runs', `language-${randomUUID()}`)
  const set = labInBrowser()
  let page: Page
  let errors: string[]

  before(async function () {
    this.timeout(60_000)
    mkdirSync(join(root, folder), { recursive: true })
    cpSync(join(root, 'test', 'browser', 'run'), join(root, folder, 'recorded'), { recursive: true })
    const trial = { method: 'ADT', seed: 0, total: 100 }
    const curve = { iteration: [50, 100], value: [4, 3] }
    const rows = [
      { ...trial, settings: { lambda: 0.1 }, state: 'finished' as const, curve },
      { ...trial, settings: { lambda: 0.5 }, state: 'finished' as const, curve },
      {
        ...trial,
        ...{ settings: { lambda: 0.9 }, state: 'stopped' as const, curve: { iteration: [50], value: [9] } },
        stopped: { rung: 50, value: 9, cutoff: 5, seen: 2 },
      },
      { ...trial, settings: { lambda: 1.5 }, state: 'waiting' as const },
    ]
    const views = [
      gradientScaleView([{ sampler: ddim(linearSchedule(), 20) }], ['adt', 'drtune']),
      sweepView(rows, { metric: { name: 'fd', better: 'lower' }, rungs: [{ iteration: 50, cutoff: 5, seen: 3 }] }),
      { version: 99, view: 'run' },
    ]
    const cells = views.map((view, i) => ({
      ...{ cell_type: 'code', id: `view-${i}`, execution_count: 1, metadata: {}, source: '' },
      outputs: [{ output_type: 'display_data', metadata: {}, data: { [viewMime]: view, 'text/plain': '–' } }],
    }))
    const kernelspec = { name: 'adt', display_name: 'TypeScript (ADT)', language: 'typescript' }
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells }
    writeFileSync(join(root, folder, 'views.ipynb'), JSON.stringify(notebook))
    const url = `${set.lab.url}lab/workspaces/${randomUUID()}/tree/${folder}/views.ipynb?token=${set.lab.token}`
    ;({ page, errors } = await openPage(set.browser, url, async page => {
      await page.route(/\/api\/translations\//, route =>
        route.fulfill({ json: { data: { adt: bracketed() }, message: '' } }),
      )
    }))
  })

  after(() => rmSync(join(root, folder), { recursive: true, force: true }))

  const untranslated = async (within: string) => (await notTranslated(page, within)).filter(text => !data.test(text))

  it('is that of a notebook’s views: labels, buttons, tables, axes and messages', async function () {
    this.timeout(60_000)
    const scale = page.locator('.jp-AdtView-gradientScale')
    await scale.getByRole('radio', { name: '«explore»' }).check({ timeout: 60_000 })
    await scale.locator('.main-svg .xtitle', { hasText: '«time t given' }).waitFor({ state: 'attached' })
    await scale.getByText('«Numbers»').click()
    await scale.getByRole('button', { name: '«Export»' }).click()
    assert.deepEqual(await untranslated('.jp-AdtView-gradientScale'), [])

    const sweep = page.locator('.jp-AdtView-sweep')
    await sweep.locator('.main-svg .xtitle', { hasText: '«iteration»' }).waitFor({ state: 'attached' })
    await sweep.locator('tr', { hasText: '«stopped»' }).click()
    assert.match(
      (await sweep.locator('.jp-AdtView-detail').textContent()) ?? '',
      /«Stopped early at iteration «50 of 100»/,
    )
    assert.deepEqual(await untranslated('.jp-AdtView-sweep'), [])
    assert.match(
      (await page.locator('.jp-AdtView-problem').textContent()) ?? '',
      /^«This view was written in format 99/,
    )
  })

  it('is that of the commands, and of a run’s panel with all its tabs', async function () {
    this.timeout(60_000)
    await page.locator('.jp-DirListing-item', { hasText: 'recorded' }).click({ button: 'right' })
    await page.getByRole('menuitem', { name: '«Open as ADT Run»' }).click()
    const panel = page.locator('.jp-AdtPanel')
    await panel.locator('.jp-AdtLive-state', { hasText: '«Done»' }).waitFor({ timeout: 30_000 })
    for (const name of ['Overview', 'Gradient', 'Discriminator', 'Samples', 'Memory and speed']) {
      await panel.getByRole('tab', { name: `«${name}»` }).click({ timeout: 30_000 })
      await panel.locator('[role=tabpanel]:not([hidden]) :is(.main-svg, img)').first().waitFor({ timeout: 30_000 })
      assert.deepEqual(await untranslated('.jp-AdtPanel'), [], name)
    }
    await panel.getByRole('tab', { name: '«Samples»' }).click()
    await panel.getByRole('radio', { name: '«wipe»' }).check()
    assert.deepEqual(await untranslated('.jp-AdtPanel'), [], 'wipe')
    assert.match(
      (await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current').getAttribute('title')) ?? '',
      /^«Run in /,
    )
  })

  it('had no error of a script', () => assert.deepEqual(errors, []))
})
