/** One plot of the gradient scale: its legend, its curves, and a cursor that mouse and arrow keys move. */

import { number } from '../../../src/views/format.js'
import { gradientPanel, type Quantity } from '../../../src/views/lines.js'
import type { GradientScaleView } from '../../../src/views/schema.js'
import { curveName, viewText } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'
import { createChart } from '../chart.js'
import { element } from '../dom.js'
import { type Figure, figureOf, hiddenLines } from '../figure.js'
import { createLegend } from '../legend.js'
import { ownKeys } from '../parts/index.js'
import { themeOf } from '../theme.js'
import type { Drawing } from './explore.js'

export interface PanelSettings {
  readonly scale: GradientScaleView['scale']
  readonly quantity: Quantity
  /** Steps that stand out; none: all are alike. */
  readonly drawn: readonly number[]
}

export interface GradientPanel {
  readonly node: HTMLElement
  draw(drawing: Drawing, settings: PanelSettings): Promise<void>
  redraw(): Promise<void>
  dispose(): void
}

export const help = () =>
  trans.__('Point at a step, or focus the plot and use the arrow keys, to see what it is made of.')

/** @param onRead takes the words for the step under the cursor */
export function createGradientPanel(onRead: (words: string) => void): GradientPanel {
  let last: { drawing: Drawing; settings: PanelSettings } | undefined
  let figure: Figure | undefined
  let off: ReadonlySet<string> = new Set()
  let cursor = { trace: 0, index: -1 }

  const name = element('h5', {})
  const chart = createChart({
    onHover(trace, index) {
      cursor = { trace, index }
      read()
    },
  })
  const legend = createLegend(next => {
    off = next
    void draw()
  })
  chart.node.classList.add('jp-mod-large')
  // A graphic that takes the arrow keys: the role tells assistive software to pass them on.
  chart.node.setAttribute('role', 'application')
  ownKeys(chart.node).tabIndex = 0
  chart.node.addEventListener('keydown', event => {
    const moved = move(event.key)
    if (!moved) return
    event.preventDefault()
    event.stopPropagation()
    cursor = moved
    chart.point(cursor.trace, cursor.index)
    read()
  })
  const node = element('div', { class: 'jp-AdtView-panel' }, name, legend.node, chart.node)

  const describe = (curve: number, index: number): string[] => {
    const { t, gain, a, b, w } = last!.drawing.view.curves[curve]!
    return [
      curveName(last!.drawing.view.curves[curve]!),
      trans.__('step %1 of %2 · t = %3', index + 1, t.length, number(t[index])),
      trans.__('gain %1 · w %2', number(gain[index]), number(w[index])),
      `a ${number(a[index])} · b ${number(b[index])}`,
    ]
  }
  const read = () => {
    const curve = figure?.lineOfTrace[cursor.trace]
    onRead(curve === undefined || cursor.index < 0 ? help() : describe(curve, cursor.index).join(' · '))
  }
  const move = (key: string) => {
    const { trace, index } = cursor
    const curves = figure?.lineOfTrace ?? []
    const length = (i: number) => last?.drawing.view.curves[curves[i] ?? -1]?.t.length ?? 0
    if (length(trace) === 0) return undefined
    const along = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: length(trace) - 1 }[key]
    if (along !== undefined) return { trace, index: Math.min(length(trace) - 1, Math.max(0, along)) }
    const across = { ArrowUp: trace - 1, ArrowDown: trace + 1 }[key]
    if (across === undefined) return undefined
    const next = (across + curves.length) % curves.length
    return { trace: next, index: Math.min(length(next) - 1, Math.max(0, index)) }
  }
  const draw = async () => {
    if (!last) return
    const { drawing, settings } = last
    const panel = gradientPanel({ ...drawing.view, scale: settings.scale }, settings.quantity)
    name.textContent = drawing.name ?? ''
    name.hidden = drawing.name === undefined
    chart.node.setAttribute('aria-label', `${drawing.name ?? ''} ${viewText(drawing.view)}. ${help()}`.trim())
    legend.update(panel.keys)
    chart.unpoint()
    await chart.draw(() => {
      figure = figureOf(panel, {
        theme: themeOf(node),
        xLabel: trans.__('time t given to the network; sampling runs from left to right'),
        reversed: true,
        points: panel.lines.every(({ x }) => x.length <= 100),
        strong: settings.drawn,
        hidden: hiddenLines(panel, off),
        hover: describe,
      })
      if (cursor.trace >= figure.lineOfTrace.length) cursor = { trace: 0, index: -1 }
      return figure
    })
  }

  return {
    node,
    draw(drawing, settings) {
      last = { drawing, settings }
      return draw()
    },
    redraw: draw,
    dispose: () => chart.dispose(),
  }
}
