/** Lines over iterations, or over whatever x is: title, legend, plot. */

import { number } from '../../src/views/format.js'
import type { Panel } from '../../src/views/lines.js'
import { trans } from '../../src/views/words.js'
import { createChart } from './chart.js'
import { element } from './dom.js'
import { figureOf, hiddenLines } from './figure.js'
import { createLegend } from './legend.js'
import { themeOf } from './theme.js'

export interface LinePanel {
  readonly node: HTMLElement
  draw(panel: Panel): Promise<void>
  dispose(): void
}

export interface LinePanelOptions {
  readonly xLabel: string
  /** The range of y, where it should be the same in neighbours. */
  readonly yRange?: () => readonly [number, number] | undefined
  /** The reader pressed near a point, whose x this is. */
  readonly onPick?: (x: number) => void
}

export function createLinePanel({ xLabel, yRange, onPick }: LinePanelOptions): LinePanel {
  const title = element('h5', {})
  const chart = createChart({ ...(onPick ? { onPick } : {}) })
  let off: ReadonlySet<string> = new Set()
  let panel: Panel | undefined
  const legend = createLegend(next => {
    off = next
    if (panel) void draw(panel)
  })
  chart.node.setAttribute('role', 'img')
  const draw = async (next: Panel) => {
    panel = next
    title.textContent = next.title
    legend.update(next.keys)
    chart.node.setAttribute('aria-label', describe(next))
    const hover = (line: number, index: number) => {
      const { name, x, y } = next.lines[line]!
      return [name, `${xLabel} ${x[index]} · ${number(y[index])}`]
    }
    const hidden = hiddenLines(next, off)
    await chart.draw(() => {
      const figure = figureOf(next, { theme: themeOf(node), xLabel, hidden, hover })
      const range = yRange?.()
      if (!range) return figure
      const { layout } = figure
      return { ...figure, layout: { ...layout, yaxis: { ...(layout.yaxis as object), range } } }
    })
  }
  const node = element('div', { class: 'jp-AdtView-panel' }, title, legend.node, chart.node)
  return { node, draw, dispose: () => chart.dispose() }
}

function describe({ title, lines }: Panel): string {
  const ends = lines.map(({ name, y }) => trans.__('%1 from %2 to %3', name, number(y[0]), number(y[y.length - 1])))
  return `${title}: ${ends.join(', ')}`
}
