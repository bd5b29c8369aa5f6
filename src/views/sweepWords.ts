/** What a sweep says in words: names, cells, the columns of its trials table. */

import { number } from './format.js'
import { type Cell, dimensionsOf, type Heatmap, methodDimension } from './sweepModel.js'
import type { Scalar, SweepTrial, SweepView } from './sweepSchema.js'
import { trans } from './words.js'

/** `tuning.lambda` as λ, `sampling.steps` as steps, where no other setting has the same last word. */
export function settingName(name: string, all: readonly string[]): string {
  if (name === methodDimension) return trans.__('method')
  const last = (path: string) => path.split('.').at(-1)!
  const short = all.filter(other => last(other) === last(name)).length > 1 ? name : last(name)
  return short === 'lambda' ? 'λ' : short
}

export function scalarText(value: Scalar): string {
  return typeof value === 'number' ? number(value) : value === null ? '–' : String(value)
}

/** A sweep's dimensions under their short names. */
export function namesOf(view: SweepView): (name: string) => string {
  const all = dimensionsOf(view).map(({ name }) => name)
  return name => settingName(name, all)
}

const stateOrder = ['finished', 'running', 'waiting', 'stopped', 'interrupted', 'lost', 'failed'] as const

/** A trial's state in one word. */
export function stateWord(state: SweepTrial['state']): string {
  const words = {
    finished: trans.__('finished'),
    running: trans.__('running'),
    waiting: trans.__('waiting'),
    stopped: trans.__('stopped'),
    interrupted: trans.__('interrupted'),
    lost: trans.__('lost'),
    failed: trans.__('failed'),
  }
  return words[state]
}

/** `12 of 60 trials finished · 4 running · 2 stopped early`. */
export function sweepStatus({ trials }: SweepView): string {
  const count = (state: SweepTrial['state']) => trials.filter(trial => trial.state === state).length
  const others = stateOrder.filter(state => state !== 'finished' && count(state) > 0)
  return [
    trans.__('%1 of %2 trials finished', count('finished'), trials.length),
    ...others.map(state => `${count(state)} ${state === 'stopped' ? trans.__('stopped early') : stateWord(state)}`),
  ].join(' · ')
}

/** After a minute without news, trials are no longer said to run. */
const patience = 60_000

/**
 * The status, and since when there was no news: a stored notebook may hold a sweep that was never seen to end.
 * @param now milliseconds since 1970
 */
export function sweepStatusNow(view: SweepView, now: number): string {
  const then = Date.parse(view.time)
  const under = view.trials.some(({ state }) => state === 'running')
  if (!under || Number.isNaN(then) || now - then < patience) return sweepStatus(view)
  const when = new Date(then).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return trans.__('%1 · no news since %2', sweepStatus(view), when)
}

/** What the heatmap shows. */
export function heatmapWords({ metric }: SweepView): string {
  return metric.better === 'lower'
    ? trans.__('Mean %1 over seeds, lower is better', metric.name)
    : trans.__('Mean %1 over seeds, higher is better', metric.name)
}

/** What stands in a cell: its mean, and what to know about it. */
export function cellText(cell: Cell): { main: string; note: string } {
  if (cell.kind !== 'empty') return { main: number(cell.mean), note: noteOf(cell) }
  return { main: '', note: noteOf(cell) }
}

function noteOf({ kind, trials, count, sd }: Cell): string {
  const states = new Set(trials.map(({ state }) => state))
  const missing = trials.length - count
  if (kind === 'settled') {
    return [...(sd === null ? [] : [`± ${spread(sd)}`]), ...(missing > 0 ? [`${count}/${trials.length}`] : [])].join(
      ' · ',
    )
  }
  if (states.has('running')) return stateWord('running')
  if (kind === 'provisional') return states.has('stopped') ? stateWord('stopped') : trans.__('so far')
  return states.has('failed') ? stateWord('failed') : trans.__('not run')
}

/** Two digits of a standard deviation over a few seeds are more than it knows. */
function spread(sd: number): string {
  return number(Number(sd.toPrecision(2)))
}

/** What the paper reports for a cell: the figure that decides first. `paper 19.8`. */
export function paperText({ paper }: SweepView, cell: Cell): string {
  const figure = paper && cell.paper?.figures[paper.name]
  return figure === undefined ? '' : `${trans.__('paper %1', number(figure))}${cell.paper!.best ? '★' : ''}`
}

function paperWords({ paper }: SweepView, cell: Cell): string[] {
  if (!paper || !cell.paper) return []
  const { figures, best } = cell.paper
  const said = Object.entries(figures).map(([name, value]) => `${name} ${digits(value)}`)
  const list = said.join(', ')
  return [best ? trans.__("the paper's %1, its best %2 of these", list, paper.name) : trans.__("the paper's %1", list)]
}

/** The paper's own digits. */
const digits = (value: number) => String(value).replace('-', '−')

/** Where a cell is: `λ 0.5 · K 3`. */
export function placeText(view: SweepView, { across, down }: Heatmap, row: number, column: number): string {
  const name = namesOf(view)
  return [
    `${name(across.name)} ${scalarText(across.values[column]!)}`,
    ...(down ? [`${name(down.name)} ${scalarText(down.values[row]!)}`] : []),
  ].join(' · ')
}

/** All there is to say of a cell: its mean over how many seeds, and what became of its trials. */
export function cellWords(view: SweepView, heatmap: Heatmap, row: number, column: number): string[] {
  const cell = heatmap.cells[row]![column]!
  const { trials, kind, mean, sd, count } = cell
  const seeds = (n: number) => trans._n('%1 seed', '%1 seeds', n)
  const figure = `${view.metric.name} ${number(mean)}${sd === null ? '' : ` ± ${number(sd)}`}`
  const of = count < trials.length ? trans.__('%1 of %2', count, seeds(trials.length)) : seeds(count)
  const states = stateOrder
    .map(state => [trials.filter(trial => trial.state === state).length, state] as const)
    .filter(([n, state]) => n > 0 && !(kind === 'settled' && state === 'finished'))
    .map(([n, state]) => `${n} ${stateWord(state)}`)
  return [
    placeText(view, heatmap, row, column),
    ...(kind === 'settled' ? [`${figure}, ${of}`] : []),
    ...(kind === 'provisional' ? [trans.__('%1 so far, %2, none finished', figure, of)] : []),
    ...(trials.length === 0 ? [trans.__('no trial')] : states),
    ...(cell === heatmap.best ? [trans.__('best')] : []),
    ...paperWords(view, cell),
  ]
}

/** What trials are called: `ADT · λ 0.5 · K 3 · seed 1`. */
export function trialNames(view: SweepView): (trial: SweepTrial) => string {
  const name = namesOf(view)
  return ({ method, settings, seed }) =>
    [
      method,
      ...Object.entries(settings).map(([setting, value]) => `${name(setting)} ${scalarText(value)}`),
      trans.__('seed %1', seed),
    ].join(' · ')
}

/** A column of the trials table. */
export interface Column {
  /** Tells columns apart; names may repeat. */
  readonly id: string
  readonly name: string
  readonly numeric: boolean
  text(trial: SweepTrial): string
  /** What to sort by; null goes last. */
  rank(trial: SweepTrial): number | string | null
}

export function trialColumns(view: SweepView): Column[] {
  const name = namesOf(view)
  const settings = dimensionsOf(view).filter(dimension => dimension.name !== methodDimension)
  const stopped = view.trials.some(trial => trial.stopped)
  return [
    {
      id: 'method',
      name: trans.__('method'),
      numeric: false,
      text: trial => trial.method,
      rank: trial => trial.method,
    },
    ...settings.map((dimension): Column => {
      const of = (trial: SweepTrial) => trial.settings[dimension.name] ?? null
      return {
        id: `setting ${dimension.name}`,
        name: name(dimension.name),
        numeric: dimension.values.every(value => typeof value === 'number'),
        text: trial => scalarText(of(trial)),
        rank: trial => (typeof of(trial) === 'boolean' ? String(of(trial)) : (of(trial) as number | string | null)),
      }
    }),
    { id: 'seed', name: trans.__('seed'), numeric: true, text: ({ seed }) => String(seed), rank: ({ seed }) => seed },
    {
      id: 'state',
      name: trans.__('state'),
      numeric: false,
      text: ({ state }) => stateWord(state),
      rank: ({ state }) => stateOrder.indexOf(state),
    },
    {
      id: 'iteration',
      name: trans.__('iteration'),
      numeric: true,
      text: ({ iteration, total }) =>
        iteration === null ? '–' : total === null || iteration === total ? `${iteration}` : `${iteration} / ${total}`,
      rank: ({ iteration }) => iteration,
    },
    {
      id: 'metric',
      name: view.metric.name,
      numeric: true,
      text: trial => number(trial.value),
      rank: trial => trial.value,
    },
    ...(stopped
      ? [
          {
            id: 'stopped',
            name: trans.__('stopped at'),
            numeric: false,
            text: ({ stopped }: SweepTrial) => (stopped ? stopText(stopped, view) : ''),
            rank: ({ stopped }: SweepTrial) => stopped?.rung ?? null,
          },
        ]
      : []),
  ]
}

/** `250: 14.1 > 12.9`: at which rung, with which value against which cutoff. */
function stopText({ rung, value, cutoff }: NonNullable<SweepTrial['stopped']>, { metric }: SweepView): string {
  return `${rung}: ${number(value)} ${metric.better === 'lower' ? '>' : '<'} ${number(cutoff)}`
}

/** Why a trial was stopped early, in a sentence. */
export function whyStopped({ stopped, total }: SweepTrial, { metric }: SweepView): string | undefined {
  if (!stopped) return undefined
  const { rung, value, cutoff, seen } = stopped
  const limit = precise(cutoff, value)
  const needed = metric.better === 'lower' ? trans.__('at most %1', limit) : trans.__('at least %1', limit)
  const among =
    seen === undefined
      ? trans.__('the cutoff')
      : trans._n('the cutoff of the %1 trial there before it', 'the cutoff of the %1 trials there before it', seen)
  return trans.__(
    'Stopped early at iteration %1: its %2 was %3, and %4 was %5.',
    total === null ? rung : trans.__('%1 of %2', rung, total),
    metric.name,
    precise(value, cutoff),
    among,
    needed,
  )
}

/** As many digits as tell a value from another. */
function precise(value: number, other: number): string {
  for (let figures = 3; figures < 7; figures++) {
    if (value.toPrecision(figures) !== other.toPrecision(figures)) return minus(value.toPrecision(figures))
  }
  return minus(String(value))
}

const minus = (text: string) => text.replace('-', '−')

/** Trials in the order of a column. Equal ones, and those without a value at the end, keep their order. */
export function sortTrials(trials: readonly SweepTrial[], column: Column, descending: boolean): SweepTrial[] {
  const sign = descending ? -1 : 1
  return [...trials].sort((a, b) => {
    const [x, y] = [column.rank(a), column.rank(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y)
    return sign * String(x).localeCompare(String(y))
  })
}

/** Finished trials first, the best of them at the top; what else was measured, then the rest. */
export function bestFirst(view: SweepView): SweepTrial[] {
  const columns = trialColumns(view)
  const metric = columns.find(({ id }) => id === 'metric')!
  const sorted = sortTrials(view.trials, metric, view.metric.better === 'higher')
  return [...sorted.filter(({ state }) => state === 'finished'), ...sorted.filter(({ state }) => state !== 'finished')]
}

/** “1 trial”, “3 trials”. */
export const trialCount = (count: number): string => trans._n('%1 trial', '%1 trials', count)
