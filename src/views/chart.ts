/**
 * A small line chart as SVG: what stands in a notebook where the extension does not draw. Text is set in the font that
 * picture.ts brings along.
 */

import { number, power } from './format.js'

export interface ChartLine {
  readonly name: string
  readonly colour: string
  readonly dashed?: boolean
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
  /** Drawn over y, which becomes faint. */
  readonly smooth?: readonly (number | null)[]
  /** Shaded around y, which has a value everywhere then. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] }
}

export interface ChartKey {
  readonly name: string
  readonly colour: string
  readonly dashed?: boolean
}

export interface Chart {
  readonly title: string
  readonly xLabel: string
  readonly lines: readonly ChartLine[]
  readonly keys: readonly ChartKey[]
  /** Rows kept free for the legend, so that neighbouring charts stand level. */
  readonly legendRows?: number
  readonly scale: 'log' | 'linear'
  /** Whether larger x stand left, as time does while sampling. */
  readonly reversed?: boolean
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export const ink = '#1f2937'
export const faint = '#64748b'
const rule = '#e2e8f0'

/** The chart in a box: title, legend, axes, lines. */
export function chartSvg(chart: Chart, box: Box): string {
  const keyRows = wrapKeys(chart.keys, box.width)
  const rows = Math.max(chart.legendRows ?? 0, keyRows.length)
  const plot = {
    left: box.left + 46,
    right: box.left + box.width - 8,
    top: box.top + 28 + 17 * rows,
    bottom: box.top + box.height - 36,
  }
  const ys = chart.lines
    .flatMap(({ y, band }) => [...y, ...(band?.low ?? []), ...(band?.high ?? [])])
    .filter(y => y !== null && (chart.scale === 'linear' || y > 0)) as number[]
  const xs = chart.lines.flatMap(line => line.x)
  const vertical = axis(ys, chart.scale)
  const horizontal = axis(xs, 'linear', true)
  const across = (x: number) => {
    const share = horizontal.place(x)
    return plot.left + (chart.reversed ? 1 - share : share) * (plot.right - plot.left)
  }
  const up = (y: number) => plot.bottom - vertical.place(y) * (plot.bottom - plot.top)
  return [
    text(box.left, box.top + 14, chart.title, { size: 13, weight: 600 }),
    ...keyRows.flatMap((row, i) => legend(row, box.left, box.top + 33 + 17 * i)),
    ...vertical.ticks.flatMap(tick => [
      `<line x1="${plot.left}" x2="${plot.right}" y1="${round(up(tick))}" y2="${round(up(tick))}" stroke="${rule}"/>`,
      text(plot.left - 6, up(tick) + 4, tickLabel(tick, chart.scale), { size: 10.5, fill: faint, anchor: 'end' }),
    ]),
    ...horizontal.ticks.map(tick =>
      text(across(tick), plot.bottom + 15, number(tick), { size: 10.5, fill: faint, anchor: 'middle' }),
    ),
    text((plot.left + plot.right) / 2, plot.bottom + 31, chart.xLabel, { size: 11, fill: faint, anchor: 'middle' }),
    ...chart.lines.flatMap(({ band, x, colour }) => {
      if (!band) return []
      const edge = (y: readonly number[]) => x.map((at, i) => `${round(across(at))} ${round(up(y[i]!))}`)
      const outline = [...edge(band.high), ...edge(band.low).reverse()]
      return [`<path d="M${outline.join('L')}Z" fill="${colour}" opacity="0.13"/>`]
    }),
    ...chart.lines.flatMap(line => {
      const draw = (y: ChartLine['y']) => pathOf(line.x, y, across, up, chart.scale)
      const solid = stroke(draw(line.smooth ?? line.y), line, 1.8)
      return line.smooth ? [stroke(draw(line.y), line, 0.8, 0.35), solid] : [solid]
    }),
  ].join('\n')
}

/** Text at a point; nothing in it is markup. */
export function text(
  x: number,
  y: number,
  content: string,
  {
    size = 12,
    weight = 400,
    fill = ink,
    anchor = 'start',
  }: { size?: number; weight?: 400 | 600; fill?: string; anchor?: string } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" font-family="Inter" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escapeXml(content)}</text>`
}

/** A string that stands for itself in XML; characters that XML forbids are left out. */
export function escapeXml(content: string): string {
  return [...content]
    .filter(character => character >= ' ' && !/[\uFFFE\uFFFF\uD800-\uDFFF]/u.test(character))
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Cut to about `width` pixels at this size. */
export function shorten(content: string, width: number, size: number): string {
  const most = Math.max(1, Math.floor(width / (size * 0.54)))
  const characters = [...content]
  return characters.length <= most ? content : `${characters.slice(0, most - 1).join('')}…`
}

function stroke(path: string, line: { colour: string; dashed?: boolean }, width: number, opacity = 1): string {
  const dash = line.dashed ? ' stroke-dasharray="5 3.5"' : ''
  const faded = opacity < 1 ? ` opacity="${opacity}"` : ''
  return `<path d="${path}" fill="none" stroke="${line.colour}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"${dash}${faded}/>`
}

const keySize = 11.5
const longestName = 44
const keyWidth = (key: ChartKey) => 24 + keySize * 0.54 * Math.min(longestName, [...key.name].length) + 16

/** The legend's entries in rows that fit the width. */
export function wrapKeys(keys: readonly ChartKey[], width: number): ChartKey[][] {
  const rows: ChartKey[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const key of keys) {
    if (used + keyWidth(key) > width) {
      rows.push([])
      used = 0
    }
    rows[rows.length - 1]!.push(key)
    used += keyWidth(key)
  }
  return rows
}

function legend(row: readonly ChartKey[], left: number, baseline: number): string[] {
  let x = left
  return row.flatMap(key => {
    const at = x
    x += keyWidth(key)
    return [
      stroke(`M${at + 1} ${baseline - 4}h15`, key, 2.4),
      text(at + 24, baseline, [...key.name].slice(0, longestName).join(''), { size: keySize }),
    ]
  })
}

/** Where values stand between 0 and 1, and which of them to label. */
function axis(values: readonly number[], scale: 'log' | 'linear', tight = false) {
  const of = scale === 'log' ? Math.log10 : (v: number) => v
  let [low, high] = values.length > 0 ? [of(min(values)), of(max(values))] : [0, 1]
  if (high - low < 1e-9 * Math.max(1, Math.abs(high))) [low, high] = [low - 0.5, high + 0.5]
  if (!tight) {
    const margin = 0.05 * (high - low)
    low -= margin
    high += margin
  }
  const ticks = scale === 'log' ? logTicks(low, high) : linearTicks(low, high)
  return { place: (v: number) => (of(v) - low) / (high - low), ticks }
}

/** Round numbers from `low` to `high`, at most `most` steps apart. */
export function linearTicks(low: number, high: number, most = 5): number[] {
  const rough = (high - low) / most
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * ([1, 2, 2.5, 5, 10].find(m => m * unit >= rough) ?? 10)
  const ticks: number[] = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    ticks.push(Number((k * step).toPrecision(12)))
  return ticks
}

/** Powers of ten, or a linear choice where less than two of them are in sight. */
function logTicks(low: number, high: number): number[] {
  const first = Math.ceil(low)
  const count = Math.floor(high) - first + 1
  if (count < 2) return linearTicks(10 ** low, 10 ** high).filter(tick => tick > 0)
  const stride = Math.ceil(count / 6)
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => 10 ** (first + i * stride))
}

function tickLabel(value: number, scale: 'log' | 'linear'): string {
  const exponent = Math.log10(value)
  return scale === 'log' && Number.isInteger(exponent) && Math.abs(exponent) > 2 ? power(exponent) : number(value)
}

function pathOf(
  x: readonly number[],
  y: readonly (number | null)[],
  across: (x: number) => number,
  up: (y: number) => number,
  scale: 'log' | 'linear',
): string {
  let path = ''
  let drawing = false
  for (const [i, value] of y.entries()) {
    if (value === null || (scale === 'log' && value <= 0)) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${round(across(x[i]!))} ${round(up(value))}`
    drawing = true
  }
  return path
}

const min = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b))
const max = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b))
const round = (value: number) => Math.round(value * 100) / 100
