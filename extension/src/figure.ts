/** A panel as a Plotly figure. Arithmetic only: no page is needed, and tests read the result. */

import type { Key, Line, Panel } from '../../src/views/lines.js'

export interface Theme {
  readonly palette: readonly string[]
  readonly ink: string
  readonly faint: string
  readonly rule: string
  readonly ground: string
  readonly font: string
}

export interface FigureOptions {
  readonly theme: Theme
  readonly xLabel: string
  /** Larger x stand left. */
  readonly reversed?: boolean
  /** Markers on the points. */
  readonly points?: boolean
  /** Of these points the markers are larger, and the others fainter. */
  readonly strong?: readonly number[]
  /** Lines to leave out, by index. */
  readonly hidden?: ReadonlySet<number>
  /** What to say of point `index` of a line; by default its numbers. Plain text, a line each. */
  readonly hover?: (line: number, index: number) => readonly string[]
}

export interface Figure {
  readonly data: readonly Record<string, unknown>[]
  readonly layout: Record<string, unknown>
  /** For each trace the line it draws, or −1 where it is only decoration. */
  readonly lineOfTrace: readonly number[]
}

/** Whether a legend entry speaks of a line. */
export function keyOwns(key: Key, line: Line): boolean {
  return key.colour === undefined ? key.dashed === line.dashed : key.colour === line.colour
}

/** The lines that are left out because one of their legend entries is switched off. */
export function hiddenLines(panel: Panel, off: ReadonlySet<string>): Set<number> {
  const keys = panel.keys.filter(key => off.has(key.name))
  return new Set(panel.lines.flatMap((line, i) => (keys.some(key => keyOwns(key, line)) ? [i] : [])))
}

/** The figure of a panel. Its zoom survives updates until the scale changes. */
export function figureOf(panel: Panel, options: FigureOptions): Figure {
  const { theme, xLabel, reversed = false } = options
  const traces = panel.lines.flatMap((line, i) => (options.hidden?.has(i) ? [] : tracesOf(line, i, options)))
  const layout = baseLayout(theme, xLabel)
  return {
    data: traces.map(({ trace }) => trace),
    lineOfTrace: traces.map(({ line }) => line),
    layout: {
      ...layout,
      xaxis: { ...layout.xaxis, ...(reversed ? { range: reversedRange(panel.lines) } : {}) },
      yaxis: {
        ...layout.yaxis,
        type: panel.scale,
        uirevision: panel.scale + panel.title,
        ...(panel.scale === 'log' ? logTicks(panel.lines.flatMap(({ y }) => y)) : {}),
      },
    },
  }
}

/** What all our plots have in common: no frame, faint axes, the page's font and colours. */
export function baseLayout(theme: Theme, xLabel: string) {
  const axis = {
    color: theme.faint,
    gridcolor: theme.rule,
    zeroline: false,
    tickfont: { size: 11 },
    automargin: true,
    ticks: '',
  }
  return {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: theme.font, size: 12, color: theme.ink },
    margin: { l: 44, r: 8, t: 8, b: 40 },
    showlegend: false,
    hovermode: 'closest',
    hoverdistance: 40,
    hoverlabel: { bgcolor: theme.ground, font: { color: theme.ink, size: 12, family: theme.font }, align: 'left' },
    dragmode: 'zoom',
    uirevision: 'kept',
    xaxis: {
      ...axis,
      title: { text: escapePlotly(xLabel), font: { size: 11, color: theme.faint }, standoff: 6 },
      showgrid: false,
    },
    // Invisible ticks keep the numbers off the lines.
    yaxis: { ...axis, exponentformat: 'power', nticks: 6, ticks: 'outside', ticklen: 5, tickcolor: 'rgba(0,0,0,0)' },
  }
}

/** Plotly reads a little markup in its texts; ours are plain. */
export function escapePlotly(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function tracesOf(line: Line, index: number, { theme, points = false, strong = [], hover }: FigureOptions) {
  const colour = theme.palette[line.colour % theme.palette.length]!
  const dash = line.dashed ? 'dash' : 'solid'
  const said = (i: number) => hover?.(index, i) ?? [line.name, `${line.x[i]}: ${line.y[i]}`]
  const main = {
    type: 'scatter',
    mode: points && (!line.dashed || strong.length > 0) ? 'lines+markers' : 'lines',
    x: line.x,
    y: line.y,
    line: { color: colour, width: line.smooth ? 1 : 2, dash },
    marker: { color: colour, ...markers(line, strong, theme) },
    opacity: line.smooth ? 0.35 : 1,
    text: line.x.map((_, i) => said(i).map(escapePlotly).join('<br>')),
    hovertemplate: '%{text}<extra></extra>',
    hoverlabel: { bordercolor: colour },
  }
  const over = {
    type: 'scatter',
    mode: 'lines',
    x: line.x,
    y: line.smooth,
    line: { color: colour, width: 2, dash },
    hoverinfo: 'skip',
  }
  return line.smooth
    ? [
        { trace: main, line: index },
        { trace: over, line: -1 },
      ]
    : [{ trace: main, line: index }]
}

/** Small ones on solid lines; those of strong points are large. On a dashed line others would fill the gaps. */
function markers({ x, dashed }: Line, strong: readonly number[], theme: Theme): Record<string, unknown> {
  if (strong.length === 0) return { size: 5 }
  const stands = new Set(strong)
  const each = <T>(yes: T, no: T) => x.map((_, i) => (stands.has(i) ? yes : no))
  return {
    size: each(11, 4),
    opacity: each(1, dashed ? 0 : 0.5),
    line: { color: theme.ground, width: each(1.5, 0) },
  }
}

/** Room of a fiftieth on both sides, the largest x on the left. */
function reversedRange(lines: readonly Line[]): [number, number] {
  const [low, high] = extent(lines.flatMap(({ x }) => x))
  const room = (high - low || 1) / 50
  return [high + room, low - room]
}

/** Powers of ten; over less than two decades 2 and 5 as well. */
export function logTicks(values: readonly (number | null)[]): Record<string, unknown> {
  const [low, high] = extent(values.filter((value): value is number => value !== null && value > 0))
  const decades = Math.log10(high / low)
  const dtick = decades < 2 ? 'D2' : Math.ceil(decades / 6)
  const plain = low > 1e-4 && high < 1e5 ? { tickformat: '~g' } : {}
  return { tickmode: 'linear', tick0: 0, dtick, ...plain }
}

/** The least and the greatest value; 1 and 1 where there is none. */
function extent(values: readonly number[]): [number, number] {
  let [low, high] = [values[0] ?? 1, values[0] ?? 1]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}
