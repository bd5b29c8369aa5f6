/** Parallel coordinates of a sweep: lines of trials through its axes, brushed by dragging along one. */

import type { SweepTrial, SweepView } from '../../../src/views/schema.js'
import { askedOf, type Filter, isRange, type Range } from '../../../src/views/sweepFilter.js'
import { shadesOf } from '../../../src/views/sweepModel.js'
import { type AxisScale, brushed, type ParallelAxis, parallelAxes } from '../../../src/views/sweepParallel.js'
import type { Column } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'

export interface ParallelEvents {
  /** What was brushed on a column; undefined: its brush was cleared. */
  readonly onBrush: (column: Column, demand: Range | readonly string[] | undefined) => void
  /** Every brush is to be cleared. */
  readonly onClear: () => void
}

export interface Parallel {
  readonly node: HTMLElement
  update(view: SweepView, filter: Filter, shown: ReadonlySet<string>): void
  /** Makes some trials stand out. */
  point(keys: ReadonlySet<string>): void
  dispose(): void
}

const height = 190
const margin = { top: 30, bottom: 14, left: 52, right: 52 }
/** Shades of the lines that pass the filter: each is one path, however many trials. */
const shadeCount = 6
/** A drag shorter than this is a click. */
const shortest = 3

export function createParallel({ onBrush, onClear }: ParallelEvents): Parallel {
  let view: SweepView | undefined
  let filter: Filter = { terms: [], problems: [] }
  let shown: ReadonlySet<string> = new Set()
  let pointed: ReadonlySet<string> = new Set()
  let axes: readonly ParallelAxis[] = []
  let width = 0
  let frame = 0
  const scales = new Map<string, AxisScale>()

  const faint = vector('path', { class: 'jp-mod-faint' })
  const shades = Array.from({ length: shadeCount }, (_, i) =>
    vector('path', { class: 'jp-mod-shade', style: `--shade: ${(i + 1) / shadeCount}` }),
  )
  const strong = vector('path', { class: 'jp-mod-strong' })
  const axisLayer = vector('g', {})
  const svg = vector('svg', { role: 'group', 'aria-label': trans.__('Parallel coordinates') })
  svg.append(faint, ...shades, strong, axisLayer)
  const node = element('div', { class: 'jp-AdtView-parallel' })
  node.append(svg)

  const across = (index: number) =>
    axes.length > 1 ? margin.left + (index * (width - margin.left - margin.right)) / (axes.length - 1) : width / 2
  const up = (place: number) => height - margin.bottom - place * (height - margin.top - margin.bottom)
  const placeAt = (y: number) => (height - margin.bottom - y) / (height - margin.top - margin.bottom)

  const pathOf = (trials: readonly SweepTrial[]) => {
    let path = ''
    for (const trial of trials) {
      let drawing = false
      for (const [i, axis] of axes.entries()) {
        const place = axis.place(trial)
        if (place === null) {
          drawing = false
          continue
        }
        path += `${drawing ? 'L' : 'M'}${across(i).toFixed(1)} ${up(place).toFixed(1)}`
        drawing = true
      }
    }
    return path
  }
  const drawStrong = () => {
    strong.setAttribute('d', view ? pathOf(view.trials.filter(({ key }) => pointed.has(key))) : '')
  }
  const drawLines = () => {
    if (!view) return
    const passing = view.trials.filter(({ key }) => shown.has(key))
    const colours = shadesOf(
      passing.map(({ value }) => ({ trials: [], kind: 'settled', mean: value, sd: null, count: 1 })),
      view.metric.better,
    )
    const levelOf = ({ value }: SweepTrial) =>
      value === null || !colours ? 0 : Math.min(shadeCount - 1, Math.floor(colours.shade(value) * shadeCount))
    faint.setAttribute('d', pathOf(view.trials.filter(({ key }) => !shown.has(key))))
    shades.forEach((path, level) => {
      path.setAttribute('d', pathOf(passing.filter(trial => levelOf(trial) === level)))
    })
    drawStrong()
  }
  const drawAxes = () => {
    const focused = [...axisLayer.children].indexOf(document.activeElement as Element)
    axisLayer.replaceChildren(...axes.map((axis, i) => drawAxis(axis, i)))
    if (focused >= 0) (axisLayer.children[focused] as SVGElement | undefined)?.focus()
  }
  const drawAxis = (axis: ParallelAxis, index: number) => {
    const x = across(index)
    const asked = askedOf(filter, axis.column)
    const group = vector('g', {
      class: 'jp-mod-axis',
      tabindex: '0',
      role: 'group',
      'aria-label': trans.__(
        '%1, %2, %3. Arrow keys move the brush, with Shift its upper end; Escape clears it.',
        axis.column.name,
        scaleWords(axis),
        saidOf(asked),
      ),
      transform: `translate(${x.toFixed(1)} 0)`,
    })
    group.append(vector('line', { y1: String(up(1)), y2: String(up(0)) }))
    const side = index === axes.length - 1 ? 1 : -1
    for (const { place, text } of axis.ticks) {
      const label = vector('text', {
        class: 'jp-mod-tick',
        x: String(side * 7),
        y: String(up(place) + 3.5),
        'text-anchor': side < 0 ? 'end' : 'start',
      })
      label.textContent = shortened(text)
      group.append(vector('line', { x1: '-3', x2: '3', y1: String(up(place)), y2: String(up(place)) }), label)
    }
    for (const [low, high] of boxesOf(axis, asked)) {
      group.append(
        vector('rect', {
          class: 'jp-mod-brush',
          x: '-8',
          width: '16',
          rx: '2',
          y: String(up(high)),
          height: String(Math.max(2, up(low) - up(high))),
        }),
      )
    }
    const title = vector('text', { class: 'jp-mod-name', y: '13', 'text-anchor': 'middle' })
    title.textContent = axis.choosable
      ? `${axis.column.name} · ${axis.scale === 'log' ? trans.__('log') : trans.__('lin')}`
      : axis.column.name
    if (axis.choosable) {
      title.classList.add('jp-mod-choosable')
      title.append(
        titled(
          axis.scale === 'log' ? trans.__('Press to make it linear (l)') : trans.__('Press to make it logarithmic (l)'),
        ),
      )
      title.addEventListener('click', () => toggle(axis))
    }
    const grip = vector('rect', {
      class: 'jp-mod-grip',
      x: '-14',
      width: '28',
      y: String(up(1) - 6),
      height: String(up(0) - up(1) + 12),
    })
    grip.append(titled(trans.__('Drag to choose a range; double click to clear it')))
    grip.addEventListener('pointerdown', event => drag(event, axis, group))
    grip.addEventListener('dblclick', () => onBrush(axis.column, undefined))
    group.append(grip, title)
    group.addEventListener('keydown', event => press(event, axis, asked))
    return group
  }
  const toggle = (axis: ParallelAxis) => {
    scales.set(axis.column.id, axis.scale === 'log' ? 'linear' : 'log')
    draw()
  }
  /** Brushes while the pointer moves; the filter follows once a frame. */
  const drag = (event: PointerEvent, axis: ParallelAxis, group: SVGElement) => {
    if (event.button !== 0) return
    event.preventDefault()
    const top = svg.getBoundingClientRect().top
    const start = event.clientY - top
    const from = placeAt(start)
    const asked = askedOf(filter, axis.column)
    const [box] = asked && isRange(asked) && axis.values.length === 0 ? boxesOf(axis, asked) : []
    const moves = box && from > box[0] && from < box[1] ? box : undefined
    let to = from
    const brush = () => {
      const by = to - from
      const [a, b] = moves ? [moves[0] + by, moves[1] + by] : [from, to]
      onBrush(axis.column, brushed(axis, a, b))
    }
    const move = (moved: PointerEvent) => {
      const y = moved.clientY - top
      if (Math.abs(y - start) < shortest && to === from) return
      to = placeAt(y)
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(brush)
    }
    const end = () => {
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
      window.removeEventListener('pointercancel', end)
      if (to !== from) brush()
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
    window.addEventListener('pointercancel', end)
    group.focus()
  }
  const press = (event: KeyboardEvent, axis: ParallelAxis, asked: Range | readonly string[] | undefined) => {
    const done = () => {
      event.preventDefault()
      event.stopPropagation()
    }
    if (event.key === 'Escape') {
      done()
      return asked ? onBrush(axis.column, undefined) : onClear()
    }
    if (event.key === 'l' && axis.choosable) {
      done()
      return toggle(axis)
    }
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (by === undefined) return
    done()
    const next = nudged(axis, asked, by, event.shiftKey)
    if (next) onBrush(axis.column, next)
  }
  const draw = () => {
    if (!view || width === 0) return
    axes = parallelAxes(view, scales)
    node.hidden = axes.length < 2
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
    svg.setAttribute('width', String(width))
    svg.setAttribute('height', String(height))
    drawLines()
    drawAxes()
  }
  const sizes = new ResizeObserver(() => {
    const now = Math.round(node.clientWidth)
    if (now === 0 || now === width) return
    width = now
    draw()
  })
  sizes.observe(node)

  return {
    node,
    update(next, nextFilter, nextShown) {
      view = next
      filter = nextFilter
      shown = nextShown
      draw()
    },
    point(keys) {
      pointed = keys
      drawStrong()
    },
    dispose() {
      cancelAnimationFrame(frame)
      sizes.disconnect()
    },
  }
}

/** The stretches of an axis that are asked for, from and to. */
function boxesOf(axis: ParallelAxis, asked: Range | readonly string[] | undefined): [number, number][] {
  if (!asked) return []
  const inside = (place: number) => Math.max(0, Math.min(1, place))
  const room = axis.values.length > 0 || axis.scale === 'names' ? 0.03 : 0
  if (isRange(asked)) {
    const place = (value: number, otherwise: number) => {
      const at = Number.isFinite(value) ? axis.placeOf(value) : otherwise
      return Number.isNaN(at) ? otherwise : at
    }
    return [[inside(place(asked.low, 0)) - room, inside(place(asked.high, 1)) + room]]
  }
  return axis.names.flatMap((name, i): [number, number][] =>
    asked.includes(name.toLowerCase()) ? [[axis.placeOf(i) - 0.03, axis.placeOf(i) + 0.03]] : [],
  )
}

/** The brush a step further up or down, or, with `grow`, with its upper end there; the first press makes one. */
function nudged(axis: ParallelAxis, asked: Range | readonly string[] | undefined, by: number, grow: boolean) {
  const boxes = boxesOf(axis, asked)
  const stops = axis.names.length > 0 ? axis.names.map((_, i) => axis.placeOf(i)) : axis.values.map(axis.placeOf)
  const step = stops.length > 1 ? 0 : 0.05
  const next = (place: number) => {
    if (step > 0) return Math.max(0, Math.min(1, place + by * step))
    const others = by > 0 ? stops.filter(stop => stop > place + 1e-6) : stops.filter(stop => stop < place - 1e-6)
    return others.length === 0 ? place : by > 0 ? Math.min(...others) : Math.max(...others)
  }
  if (boxes.length === 0) return by > 0 ? brushed(axis, 0, stops[0] ?? 0.25) : brushed(axis, stops.at(-1) ?? 0.75, 1)
  const room = step > 0 ? 0 : 0.03
  const low = Math.min(...boxes.map(([from]) => from)) + room
  const high = Math.max(...boxes.map(([, to]) => to)) - room
  return brushed(axis, grow ? low : next(low), Math.max(grow ? low : 0, next(high)))
}

function scaleWords({ scale }: ParallelAxis): string {
  if (scale === 'names') return trans.__('names')
  return scale === 'log' ? trans.__('logarithmic axis') : trans.__('linear axis')
}

function saidOf(asked: Range | readonly string[] | undefined): string {
  if (!asked) return trans.__('no brush')
  return isRange(asked)
    ? trans.__('brushed from %1 to %2', asked.low, asked.high)
    : trans.__('brushed: %1', asked.join(', '))
}

const shortened = (text: string) => (text.length > 8 ? `${text.slice(0, 7)}…` : text)

function titled(text: string): SVGElement {
  const title = vector('title', {})
  title.textContent = text
  return title
}

function vector<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}
