/** A run as it trains, or several side by side: progress, small charts, samples. */

import { runColours, runPanels } from '../../src/views/lines.js'
import type { Run, RunView } from '../../src/views/schema.js'
import { noteText } from '../../src/views/text.js'
import { element } from './dom.js'
import { swatch } from './legend.js'
import { createLinePanel, type LinePanel } from './linePanel.js'
import { tableTwin } from './parts/index.js'
import { progressShare, progressWords, runTable } from './runModel.js'
import { createSamples } from './samples/index.js'
import type { ViewComponent } from './viewComponent.js'

/** How often a view of a running run looks whether news still come. */
const watchEvery = 15_000

export function createRun(): ViewComponent {
  const heads = element('div', { class: 'jp-AdtView-runs' })
  const charts = element('div', { class: 'jp-AdtView-charts' })
  const samples = createSamples()
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-run' }, heads, charts, samples.node, numbers.node)
  let view: RunView | undefined
  let panels: LinePanel[] = []
  let drawn = ''

  const headings = () => {
    if (view) heads.replaceChildren(...headsOf(view))
  }
  const watch = setInterval(() => {
    if (view?.runs.some(run => run.status === 'running')) headings()
  }, watchEvery)
  const draw = async () => {
    if (!view) return
    const wanted = runPanels(view)
    const names = wanted.map(({ title }) => title).join('\n')
    if (names !== drawn) {
      for (const panel of panels) panel.dispose()
      panels = wanted.map(() => createLinePanel({ xLabel: 'iteration' }))
      charts.replaceChildren(...panels.map(panel => panel.node))
      drawn = names
    }
    await Promise.all(panels.map((panel, i) => panel.draw(wanted[i]!)))
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'run') return
      view = next
      headings()
      samples.update(next.runs)
      numbers.update(() => runTable(next))
      await draw()
    },
    redraw: () => void draw(),
    dispose() {
      clearInterval(watch)
      for (const panel of panels) panel.dispose()
    },
  }
}

function headsOf(view: RunView): HTMLElement[] {
  const title = view.title ? [element('h4', { class: 'jp-AdtView-title' }, view.title)] : []
  const [only, ...others] = view.runs
  if (only && others.length === 0) return [...title, headOf(only)]
  const colours = runColours(view.runs)
  const rows = view.runs.flatMap((run, i) => [
    swatch({ colour: colours[i]!, dashed: false }),
    element('strong', {}, run.label),
    settingsOf(run),
    element('span', { class: 'jp-AdtView-status' }, progressWords(run, Date.now())),
  ])
  return [...title, element('div', { class: 'jp-AdtView-runKeys' }, ...rows)]
}

function headOf(run: Run): HTMLElement {
  const share = progressShare(run)
  const words = progressWords(run, Date.now())
  const bar = element('div', {
    class: `jp-AdtView-bar jp-mod-${run.status}`,
    role: 'progressbar',
    'aria-label': run.label,
    'aria-valuemin': '0',
    'aria-valuemax': '100',
    'aria-valuenow': String(Math.round(100 * share)),
    'aria-valuetext': words,
  })
  bar.append(element('div', { style: `width: ${(100 * share).toFixed(2)}%` }))
  const top = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, run.label),
    settingsOf(run),
  )
  return element('div', {}, top, bar, element('p', { class: 'jp-AdtView-status' }, words), ...notesOf(run))
}

function notesOf(run: Run): HTMLElement[] {
  return (run.notes ?? []).map(note => element('p', { class: 'jp-AdtView-problem' }, noteText(note)))
}

function settingsOf(run: Run): HTMLElement {
  const pairs = run.settings.map(({ name, value }) =>
    element('span', {}, element('span', { class: 'jp-AdtView-name' }, name), ` ${value}`),
  )
  return element('div', { class: 'jp-AdtView-settings' }, ...pairs)
}
