/** The curves of a sweep as a Plotly figure: all of them faint, those pointed at over them. Arithmetic only. */

import { number } from '../../src/views/format.js'
import type { SweepTrial, SweepView } from '../../src/views/schema.js'
import { trialNames } from '../../src/views/sweepWords.js'
import { escapePlotly, type Figure, figureOf, type Theme } from './figure.js'

/** The curves of many trials as one line with gaps: hundreds of traces would be slow. */
interface Joined {
  readonly x: (number | null)[]
  readonly y: (number | null)[]
  /** What is said of each point. */
  readonly text: string[]
}

/** A sweep's curves made ready once, for all the drawings of them. */
export interface SweepCurves {
  readonly metric: string
  readonly all: Joined
  /** @param keys of the trials */
  of(keys: ReadonlySet<string>): Joined
}

export function sweepCurves(view: SweepView): SweepCurves {
  const name = trialNames(view)
  const drawn = view.trials.filter(({ curve }) => curve !== undefined)
  return {
    metric: view.metric.name,
    all: joined(drawn, name),
    of: keys =>
      joined(
        drawn.filter(({ key }) => keys.has(key)),
        name,
      ),
  }
}

function joined(trials: readonly SweepTrial[], name: (trial: SweepTrial) => string): Joined {
  const all: Joined = { x: [], y: [], text: [] }
  for (const trial of trials) {
    const { iteration, value } = trial.curve!
    const said = escapePlotly(name(trial))
    for (const [i, at] of iteration.entries()) {
      all.x.push(at)
      all.y.push(value[i]!)
      all.text.push(`${said}: ${number(value[i])} at ${at}`)
    }
    all.x.push(null)
    all.y.push(null)
    all.text.push('')
  }
  return all
}

/** The palette's colour of curves that stand out. */
export const strongColour = 1

/** @param strong the trials that stand out, by key */
export function sweepFigure(curves: SweepCurves, strong: ReadonlySet<string>, theme: Theme): Figure {
  const panel = { title: curves.metric, scale: 'linear', lines: [], keys: [] } as const
  const { layout } = figureOf(panel, { theme, xLabel: 'iteration' })
  const title = { text: escapePlotly(curves.metric), font: { size: 11, color: theme.faint } }
  const trace = ({ x, y, text }: Joined, line: Record<string, unknown>) => ({
    type: 'scatter',
    mode: 'lines',
    x,
    y,
    text,
    line,
    connectgaps: false,
    hovertemplate: '%{text}<extra></extra>',
  })
  return {
    data: [
      { ...trace(curves.all, { color: theme.faint, width: 0.8 }), opacity: 0.4 },
      trace(curves.of(strong), { color: theme.palette[strongColour], width: 1.4 }),
    ],
    layout: { ...layout, yaxis: { ...(layout.yaxis as object), title } },
    lineOfTrace: [0, 1],
  }
}
