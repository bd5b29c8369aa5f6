/** Fig. A1 to play with: curves, log or linear, gain or weight, and what a step is made of. */

import { number } from '../../src/views/format.js'
import { gradientPanel, type Quantity } from '../../src/views/lines.js'
import type { GradientScaleView } from '../../src/views/schema.js'
import { curveName, viewText } from '../../src/views/text.js'
import { createChart } from './chart.js'
import { choice, element, tableTwin } from './dom.js'
import { type Figure, figureOf, hiddenLines } from './figure.js'
import { createLegend } from './legend.js'
import { themeOf } from './theme.js'
import type { ViewComponent } from './viewComponent.js'

const help = 'Point at a step, or focus the plot and use the arrow keys, to see what it is made of.'

export function createGradientScale(): ViewComponent {
  let view: GradientScaleView | undefined
  let figure: Figure | undefined
  let scale: GradientScaleView['scale'] | undefined
  let quantity: Quantity = 'gain'
  let off: ReadonlySet<string> = new Set()
  let cursor = { trace: 0, index: -1 }

  const title = element('h4', { class: 'jp-AdtView-title' })
  const readout = element('p', { class: 'jp-AdtView-readout', 'aria-live': 'polite' }, help)
  const numbers = tableTwin('Numbers')
  const chart = createChart({
    buttons: true,
    onHover(trace, index) {
      cursor = { trace, index }
      read()
    },
  })
  const legend = createLegend(next => {
    off = next
    void draw()
  })
  const scales = choice(
    'Vertical axis',
    [
      { value: 'log', text: 'log' },
      { value: 'linear', text: 'linear' },
    ] as const,
    value => {
      scale = value
      void draw()
    },
  )
  const quantities = choice(
    'Quantity',
    [
      { value: 'gain', text: 'gain ∂x̂₀/∂xₜ' },
      { value: 'w', text: 'weight w' },
    ] as const,
    value => {
      quantity = value
      void draw()
    },
  )
  const controls = element('div', { class: 'jp-AdtView-controls' }, quantities.node, scales.node)
  const head = element('div', { class: 'jp-AdtView-head' }, title, controls)
  chart.node.classList.add('jp-mod-large')
  // A graphic that takes the arrow keys: the role tells assistive software to pass them on.
  chart.node.setAttribute('role', 'application')
  chart.node.tabIndex = 0
  chart.node.addEventListener('keydown', event => {
    const moved = move(event.key)
    if (!moved) return
    event.preventDefault()
    event.stopPropagation()
    cursor = moved
    chart.point(cursor.trace, cursor.index)
    read()
  })
  const node = element(
    'section',
    { class: 'jp-AdtView-gradientScale' },
    head,
    legend.node,
    chart.node,
    readout,
    numbers.node,
  )

  const describe = (curve: number, index: number): string[] => {
    const { t, gain, a, b, w } = view!.curves[curve]!
    return [
      curveName(view!.curves[curve]!),
      `step ${index + 1} of ${t.length} · t = ${number(t[index])}`,
      `gain ${number(gain[index])} · w ${number(w[index])}`,
      `a ${number(a[index])} · b ${number(b[index])}`,
    ]
  }
  const read = () => {
    const curve = figure?.lineOfTrace[cursor.trace]
    readout.textContent = curve === undefined || cursor.index < 0 ? help : describe(curve, cursor.index).join(' · ')
  }
  const move = (key: string) => {
    const { trace, index } = cursor
    const curves = figure?.lineOfTrace ?? []
    const length = (i: number) => view?.curves[curves[i] ?? -1]?.t.length ?? 0
    if (length(trace) === 0) return undefined
    const along = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: length(trace) - 1 }[key]
    if (along !== undefined) return { trace, index: Math.min(length(trace) - 1, Math.max(0, along)) }
    const across = { ArrowUp: trace - 1, ArrowDown: trace + 1 }[key]
    if (across === undefined) return undefined
    const next = (across + curves.length) % curves.length
    return { trace: next, index: Math.min(length(next) - 1, Math.max(0, index)) }
  }
  const draw = async () => {
    if (!view || !scale) return
    const panel = gradientPanel({ ...view, scale }, quantity)
    title.textContent = view.title ?? panel.title
    legend.update(panel.keys)
    scales.set(scale)
    quantities.set(quantity)
    chart.unpoint()
    await chart.draw(() => {
      figure = figureOf(panel, {
        theme: themeOf(node),
        xLabel: 'time t given to the network; sampling runs from left to right',
        reversed: true,
        points: panel.lines.every(({ x }) => x.length <= 100),
        hidden: hiddenLines(panel, off),
        hover: describe,
      })
      if (cursor.trace >= figure.lineOfTrace.length) cursor = { trace: 0, index: -1 }
      return figure
    })
    read()
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'gradient-scale') return
      view = next
      scale ??= next.scale
      chart.node.setAttribute('aria-label', `${viewText(next)}. ${help}`)
      numbers.update(() => ({
        head: ['curve', 'step', 't', 'gain', 'a', 'b', 'w'],
        body: next.curves
          .flatMap(curve =>
            curve.t.map((t, i) => [
              curveName(curve),
              String(i + 1),
              ...[t, curve.gain[i], curve.a[i], curve.b[i], curve.w[i]].map(number),
            ]),
          )
          .slice(0, 2000),
      }))
      await draw()
    },
    redraw: () => void draw(),
    dispose: () => chart.dispose(),
  }
}
