/** A run as it trains, or several side by side: progress, small charts, samples. */

import { number } from '../../src/views/format.js'
import { type Panel, runColours, runPanels } from '../../src/views/lines.js'
import type { Run, RunView } from '../../src/views/schema.js'
import { noteText } from '../../src/views/text.js'
import { type Chart, createChart } from './chart.js'
import { element } from './dom.js'
import { figureOf, hiddenLines } from './figure.js'
import { createLegend, swatch } from './legend.js'
import { tableTwin } from './parts/index.js'
import { progressShare, progressWords, runTable } from './runModel.js'
import { createSamples } from './samples.js'
import { themeOf } from './theme.js'
import type { ViewComponent } from './viewComponent.js'

/** How often a view of a running run looks whether news still come. */
const watchEvery = 15_000

interface PanelComponent {
  readonly node: HTMLElement
  draw(panel: Panel): Promise<void>
  readonly chart: Chart
}

export function createRun(): ViewComponent {
  const heads = element('div', { class: 'jp-AdtView-runs' })
  const charts = element('div', { class: 'jp-AdtView-charts' })
  const samples = createSamples()
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-run' }, heads, charts, samples.node, numbers.node)
  let view: RunView | undefined
  let panels: PanelComponent[] = []
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
      for (const { chart } of panels) chart.dispose()
      panels = wanted.map(() => createPanel(node))
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
      for (const { chart } of panels) chart.dispose()
    },
  }
}

function createPanel(themed: HTMLElement): PanelComponent {
  const title = element('h5', {})
  const chart = createChart()
  let off: ReadonlySet<string> = new Set()
  let panel: Panel | undefined
  const legend = createLegend(next => {
    off = next
    if (panel) void draw(panel)
  })
  const draw = async (next: Panel) => {
    panel = next
    title.textContent = next.title
    legend.update(next.keys)
    chart.node.setAttribute('role', 'img')
    chart.node.setAttribute('aria-label', describe(next))
    const hover = (line: number, index: number) => {
      const { name, x, y } = next.lines[line]!
      return [name, `iteration ${x[index]} · ${number(y[index])}`]
    }
    const hidden = hiddenLines(next, off)
    await chart.draw(() => figureOf(next, { theme: themeOf(themed), xLabel: 'iteration', hidden, hover }))
  }
  const node = element('div', { class: 'jp-AdtView-panel' }, title, legend.node, chart.node)
  return { node, draw, chart }
}

function describe({ title, lines }: Panel): string {
  const ends = lines.map(({ name, y }) => `${name} from ${number(y[0])} to ${number(y[y.length - 1])}`)
  return `${title}: ${ends.join(', ')}`
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
