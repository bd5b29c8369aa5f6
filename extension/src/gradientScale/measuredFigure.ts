/** The measured norms as Plotly figures. Arithmetic only. */

import { number, power } from '../../../src/views/format.js'
import type { StepNorms } from '../../../src/views/stepNorms.js'
import { trans } from '../../../src/views/words.js'
import { baseLayout, type Figure, logTicks, type Theme } from '../figure.js'
import { exponentsOf, type Fit } from './measuredModel.js'

/** Indices into the palette. */
export const theoryColour = 1
export const measuredColour = 0

/** Weights of theory as a line, measured norms as points with their tenth to ninetieth percentile, on one scale. */
export function overlayFigure(norms: StepNorms, { factor }: Fit, scale: 'log' | 'linear', theme: Theme): Figure {
  const { t, w, mean, low, high, count, step } = norms
  const inWeights = (values: readonly (number | null)[]) =>
    values.map(value => (value === null ? null : value / factor))
  const middle = inWeights(mean)
  const beyond = (ends: readonly (number | null)[], sign: 1 | -1) =>
    inWeights(ends).map((end, i) => Math.max(0, sign * ((end ?? 0) - (middle[i] ?? 0))))
  const layout = baseLayout(theme, trans.__('time t given to the network; sampling runs from left to right'))
  const [first, last] = [Math.max(...t), Math.min(...t)]
  const room = (first - last || 1) / 40
  return {
    data: [
      {
        type: 'scatter',
        mode: 'lines',
        x: t,
        y: w.map(sizeOf),
        line: { color: theme.palette[theoryColour], width: 2 },
        text: w.map((value, i) => `${stepText(step[i]!, t[i])}<br>w ${number(value)}`),
        hovertemplate: '%{text}<extra></extra>',
      },
      {
        type: 'scatter',
        mode: 'markers',
        x: t,
        y: middle,
        error_y: {
          type: 'data',
          array: beyond(high, 1),
          arrayminus: beyond(low, -1),
          color: theme.palette[measuredColour],
          thickness: 1.2,
          width: 0,
        },
        marker: { color: theme.palette[measuredColour], size: 7, line: { color: theme.ground, width: 1 } },
        text: mean.map(
          (value, i) =>
            `${stepText(step[i]!, t[i])}<br>${trans.__('norm %1, mean of %2', number(value), count[i]!)}<br>${trans.__('%1 to %2', number(low[i]), number(high[i]))}`,
        ),
        hovertemplate: '%{text}<extra></extra>',
      },
    ],
    lineOfTrace: [0, 1],
    layout: {
      ...layout,
      xaxis: { ...layout.xaxis, range: [first + room, last - room] },
      yaxis: {
        ...layout.yaxis,
        type: scale,
        uirevision: scale,
        ...(scale === 'linear' ? { rangemode: 'tozero' } : logTicks([...w.map(sizeOf), ...middle])),
      },
    },
  }
}

const stepText = (step: number, t: number | undefined) => trans.__('step %1 · t = %2', step + 1, number(t))

const sizeOf = (value: number | null) => (value === null ? null : Math.abs(value))

/** Step × iteration, from noise (top) to image; empty where a step was not drawn. */
export function normsFigure(norms: StepNorms, theme: Theme): Figure {
  const { iteration, until, step, t, least, greatest } = norms
  const [from, to] = [Math.log10(least ?? 1), Math.log10(greatest ?? 1)]
  const ticks = colourTicks(from, to)
  const labels = step.map(at => String(at + 1))
  const layout = baseLayout(theme, trans.__('iteration'))
  return {
    data: [
      {
        type: 'heatmap',
        x: [...iteration, until + 1],
        y: [...step.map((_, r) => r - 0.5), step.length - 0.5],
        z: exponentsOf(norms),
        zmin: from,
        zmax: to > from ? to : from + 1,
        colorscale: 'Viridis',
        colorbar: {
          thickness: 10,
          outlinewidth: 0,
          tickvals: ticks,
          ticktext: ticks.map(tick =>
            Number.isInteger(tick) && Math.abs(tick) > 2 ? power(tick) : number(10 ** tick),
          ),
          tickfont: { size: 11, color: theme.faint },
          title: { text: trans.__('norm'), side: 'top', font: { size: 11, color: theme.faint } },
        },
        text: exponentsOf(norms).map((row, r) =>
          row.map(
            (value, c) =>
              `${stepText(step[r]!, t[r])}<br>${trans.__('from iteration %1', iteration[c]!)}<br>${trans.__('norm %1', number(value === null ? null : 10 ** value))}`,
          ),
        ),
        hovertemplate: '%{text}<extra></extra>',
        hoverongaps: false,
      },
    ],
    lineOfTrace: [],
    layout: {
      ...layout,
      margin: { ...layout.margin, r: 4 },
      yaxis: {
        ...layout.yaxis,
        title: { text: trans.__('sampler step'), font: { size: 11, color: theme.faint }, standoff: 8 },
        autorange: 'reversed',
        showgrid: false,
        ...stepTicks(labels),
      },
    },
  }
}

/** Powers of ten in sight, or the ends where there are fewer than two. */
function colourTicks(from: number, to: number): number[] {
  const first = Math.ceil(from)
  const powers = Array.from({ length: Math.max(0, Math.floor(to) - first + 1) }, (_, i) => first + i)
  return powers.length >= 2 ? powers : [from, (from + to) / 2, to]
}

/** About eight labels, the first among them. */
function stepTicks(labels: readonly string[]) {
  const every = Math.ceil(labels.length / 8)
  const shown = labels.flatMap((_, r) => (r % every === 0 ? [r] : []))
  return { tickmode: 'array', tickvals: shown, ticktext: shown.map(r => labels[r]) }
}
