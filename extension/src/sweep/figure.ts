/** The curves of a sweep as a Plotly figure: all of them faint, those pointed at over them, the cutoffs of early stopping. */

import { number } from '../../../src/views/format.js'
import type { SweepTrial, SweepView } from '../../../src/views/schema.js'
import { trialCount, trialNames } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { escapePlotly, type Figure, figureOf, type Theme } from '../figure.js'

/** The curves of many trials as one line with gaps: hundreds of traces would be slow. */
interface Joined {
  readonly x: readonly (number | null)[]
  readonly y: readonly (number | null)[]
  /** What is said of each point. */
  readonly text: readonly string[]
}

/** A sweep's curves made ready once, for all the drawings of them. */
export interface SweepCurves {
  readonly metric: SweepView['metric']
  /** @param keys of the trials; all of them where left out */
  of(keys?: ReadonlySet<string>): Joined
  readonly cutoffs: Joined
  /** Where trials were stopped early. */
  stops(keys?: ReadonlySet<string>): Joined
  /** The iterations of the rungs. */
  readonly rungs: readonly number[]
}

export function sweepCurves(view: SweepView): SweepCurves {
  const name = trialNames(view)
  const drawn = view.trials.flatMap(trial => (trial.curve ? [{ key: trial.key, ...pointsOf(trial, name(trial)) }] : []))
  const last = drawn.reduce((most, { x }) => Math.max(most, x.at(-2) ?? 0), 0)
  const stopped = view.trials.filter(trial => trial.stopped)
  const rungs = view.rungs ?? []
  return {
    metric: view.metric,
    of: keys => joined(keys ? drawn.filter(({ key }) => keys.has(key)) : drawn),
    cutoffs: joined(rungs.map(rung => cutoffOf(rung, view, last / 60))),
    stops: keys => {
      const own = keys ? stopped.filter(({ key }) => keys.has(key)) : stopped
      return {
        x: own.map(trial => trial.stopped!.rung),
        y: own.map(trial => trial.stopped!.value),
        text: own.map(trial => {
          const { rung, value, cutoff } = trial.stopped!
          return `${escapePlotly(name(trial))}<br>${trans.__('stopped at %1: %2, the cutoff was %3', rung, number(value), number(cutoff))}`
        }),
      }
    },
    rungs: rungs.map(({ iteration }) => iteration),
  }
}

function pointsOf({ curve }: SweepTrial, name: string): Joined {
  const { iteration, value } = curve!
  const said = escapePlotly(name)
  return {
    x: [...iteration, null],
    y: [...value, null],
    text: [...iteration.map((at, i) => trans.__('%1: %2 at %3', said, number(value[i]), String(at))), ''],
  }
}

/** A cutoff as a short level line at its rung. */
function cutoffOf(
  { iteration, cutoff, seen }: NonNullable<SweepView['rungs']>[number],
  { metric }: SweepView,
  reach: number,
): Joined {
  const needs =
    metric.better === 'lower' ? trans.__('at most %1', number(cutoff)) : trans.__('at least %1', number(cutoff))
  const said = trans.__('cutoff at %1: %2, of %3', iteration, needs, trialCount(seen))
  return { x: [iteration - reach, iteration + reach, null], y: [cutoff, cutoff, null], text: [said, said, ''] }
}

function joined(parts: readonly Joined[]): Joined {
  return { x: parts.flatMap(({ x }) => x), y: parts.flatMap(({ y }) => y), text: parts.flatMap(({ text }) => text) }
}

/** The palette's colour of curves that stand out. */
export const strongColour = 1
/** The palette's colour of what early stopping did. */
export const cutoffColour = 4

const fewPoints = 120

export interface SweepFigureOptions {
  readonly theme: Theme
  /** The trials that stand out, by key. */
  readonly strong: ReadonlySet<string>
  /** The trials that are drawn; all where left out. */
  readonly shown?: ReadonlySet<string>
  readonly scale?: 'linear' | 'log'
  /** The iteration at which trials are compared. */
  readonly at?: number
}

export function sweepFigure(curves: SweepCurves, options: SweepFigureOptions): Figure {
  const { theme, strong, shown, scale = 'linear', at } = options
  const { name } = curves.metric
  const all = curves.of(shown)
  const strongest = curves.of(strong)
  const lines = [{ name, colour: 0, dashed: false, x: [1], y: scale === 'log' ? all.y : [1] }]
  const { layout } = figureOf({ title: name, scale, lines, keys: [] }, { theme, xLabel: trans.__('iteration') })
  const title = { text: escapePlotly(name), font: { size: 11, color: theme.faint } }
  const trace = ({ x, y, text }: Joined, more: Record<string, unknown>) => ({
    type: 'scatter',
    mode: 'lines',
    x,
    y,
    text,
    connectgaps: false,
    hovertemplate: '%{text}<extra></extra>',
    ...more,
  })
  const colour = theme.palette[cutoffColour]!
  const upright = (x: number, line: Record<string, unknown>) => ({
    type: 'line',
    ...{ xref: 'x', yref: 'paper', x0: x, x1: x, y0: 0, y1: 1, line, layer: 'below' },
  })
  return {
    data: [
      { ...trace(all, { line: { color: theme.faint, width: 0.8 } }), opacity: 0.4 },
      trace(strongest, {
        // A curve of one point has no line.
        mode: strongest.x.length <= fewPoints ? 'lines+markers' : 'lines',
        line: { color: theme.palette[strongColour], width: 1.6 },
        marker: { color: theme.palette[strongColour], size: 5 },
      }),
      trace(curves.stops(shown), {
        mode: 'markers',
        marker: { symbol: 'x-thin', size: 7, line: { color: colour, width: 1.6 } },
      }),
      trace(curves.cutoffs, { line: { color: colour, width: 3 } }),
    ],
    layout: {
      ...layout,
      yaxis: { ...(layout.yaxis as object), title },
      shapes: [
        ...curves.rungs.map(rung => upright(rung, { color: colour, width: 1, dash: 'dot' })),
        ...(at === undefined ? [] : [upright(at, { color: theme.ink, width: 1 })]),
      ],
    },
    lineOfTrace: [0, 1, -1, -1],
  }
}
