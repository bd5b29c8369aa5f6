/** The curves of a sweep as a Plotly figure: all of them faint, those pointed at over them. Arithmetic only. */

import { number } from '../../src/views/format.js'
import type { SweepTrial, SweepView } from '../../src/views/schema.js'
import { trialColumns } from '../../src/views/sweepWords.js'
import { escapePlotly, type Figure, figureOf, type Theme } from './figure.js'

/** @param strong the trials to stand out, by key */
export function sweepFigure(view: SweepView, strong: ReadonlySet<string>, theme: Theme): Figure {
  const drawn = view.trials.filter(({ curve }) => curve !== undefined)
  const all = joined(drawn)
  const over = joined(drawn.filter(({ key }) => strong.has(key)))
  // The frame is that of every chart of ours; its lines are two here, however many trials there are: hundreds of traces
  // would be slow.
  const { layout } = figureOf(
    { title: view.metric.name, scale: 'linear', lines: [], keys: [] },
    { theme, xLabel: 'iteration' },
  )
  const words = wordsOf(view)
  const trace = ({ x, y, owners }: Joined, line: Record<string, unknown>) => ({
    type: 'scatter',
    mode: 'lines',
    x,
    y,
    line,
    connectgaps: false,
    text: owners.map((owner, i) => (owner ? escapePlotly(`${words(owner)}: ${number(y[i])} at ${x[i]}`) : '')),
    hovertemplate: '%{text}<extra></extra>',
  })
  return {
    data: [
      { ...trace(all, { color: theme.faint, width: 0.8 }), opacity: 0.4 },
      { ...trace(over, { color: theme.palette[1]!, width: 1.4 }) },
    ],
    layout: {
      ...layout,
      yaxis: {
        ...(layout.yaxis as object),
        title: { text: escapePlotly(view.metric.name), font: { size: 11, color: theme.faint } },
      },
    },
    lineOfTrace: [0, 1],
  }
}

interface Joined {
  readonly x: (number | null)[]
  readonly y: (number | null)[]
  readonly owners: (SweepTrial | null)[]
}

/** Curves one after another, a gap between. */
function joined(trials: readonly SweepTrial[]): Joined {
  const [x, y, owners]: [Joined['x'], Joined['y'], Joined['owners']] = [[], [], []]
  for (const trial of trials) {
    const { iteration, value } = trial.curve!
    for (const [i, at] of iteration.entries()) {
      x.push(at)
      y.push(value[i]!)
      owners.push(trial)
    }
    x.push(null)
    y.push(null)
    owners.push(null)
  }
  return { x, y, owners }
}

/** `ADT · λ 0.5 · K 3 · seed 1`. */
function wordsOf(view: SweepView): (trial: SweepTrial) => string {
  const settings = trialColumns(view).filter(({ id }) => id.startsWith('setting '))
  const known = new Map<string, string>()
  return trial => {
    const words =
      known.get(trial.key) ??
      [trial.method, ...settings.map(column => `${column.name} ${column.text(trial)}`), `seed ${trial.seed}`].join(
        ' · ',
      )
    known.set(trial.key, words)
    return words
  }
}
