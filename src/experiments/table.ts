/** What a study has found: a row for each method, point of the grid and evaluation, over its seeds. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonical, figuresVersion } from './key.js'
import { type Difference, pairedDifference, type Statistic, statistic } from './statistics.js'
import { findStored, type StoredState, type StoredTrial, settles, stateOf } from './store.js'
import { type Arm, armsOf, type Study, trialsOf } from './study.js'
import { type Figures, readEvaluations } from './trialFolder.js'

export const figureNames = ['fd', 'text', 'nearness'] as const
export type FigureName = (typeof figureNames)[number]

/** Which way each figure is better. */
export const better: Record<FigureName, 'lower' | 'higher'> = { fd: 'lower', text: 'higher', nearness: 'higher' }

export interface Cell extends Statistic {
  /** Nothing in this column and at this evaluation has a better mean over as many seeds; no row has more of them. */
  best: boolean
  /** Against the study's method to compare with, on the same seeds. */
  difference?: Difference
}

export type Row = {
  /** The method's label; `name` is what the study calls it. */
  method: string
  name: string
  /** The grid's values. */
  at: Record<string, unknown>
  evaluation: string
  /** In a curve. */
  iteration?: number
  /** Seeds with a result, of those that the study asks for. */
  seeds: number
  wanted: number
  /** What has become of each seed's trial. */
  states: Record<string, StoredState>
  /** Trials whose figures are of another version than this code's. */
  outdated: number
  /** The paper's own figures. */
  paper?: Record<string, number>
  /** Runs what is missing. */
  command?: string
} & Partial<Record<FigureName, Cell>>

export interface Table {
  study: Study
  /** Runs the study. */
  command: string
  rows: Row[]
}

/** A seed's trial of an arm, as it is stored. */
interface Found {
  seed: number
  state: StoredState
  stored?: StoredTrial
}

type Values = Record<FigureName, Record<string, number>>

/**
 * The table of a study from what is stored. Never runs anything.
 * @param command that runs the study as it is shown, options included
 */
export function tableOf(study: Study, stored: readonly StoredTrial[], command = commandOf(study)): Table {
  const trials = trialsOf(study)
  const arms = armsOf(study).map(arm => ({ arm, found: findTrials(arm) }))
  function findTrials(arm: Arm): Found[] {
    const own = trials.filter(({ arms }) => arms.some(other => sameArm(other, arm)))
    return own.map(trial => {
      const found = findStored(stored, trial)
      const settled = !found?.result || settles(study, found.result)
      return { seed: trial.seed, state: settled ? stateOf(found) : 'interrupted', ...(found && { stored: found }) }
    })
  }
  const rows = {
    table: () =>
      arms.flatMap(({ arm, found }) => arm.evaluations.map(name => row(study, arm, found, name, finalValues))),
    wins: () => winRows(study, arms),
    curve: () => arms.flatMap(({ arm, found }) => curveRows(study, arm, found)),
  }[study.view]()
  const told = rows.map(row => (isMissing(row) ? { ...row, command: `${command} --only ${row.name}` } : row))
  return { study, command, rows: compared(study, told) }
}

const commandOf = ({ name, scale, command = `npx adt study run ${name} --scale ${scale}` }: Study) => command

/** Whether running the study would bring a row something. */
function isMissing({ states }: Row): boolean {
  return Object.values(states).some(state => state === 'waiting' || state === 'interrupted')
}

const sameArm = (a: Arm, b: Arm) => a.method === b.method && canonical(a.at) === canonical(b.at)

function row(
  study: Study,
  { method, label, at }: Arm,
  found: readonly Found[],
  evaluation: string,
  valuesOf: (found: readonly Found[], evaluation: string) => Values,
): Row {
  const values = valuesOf(found, evaluation)
  const paper = study.paper.find(
    other =>
      other.method === method &&
      (other.evaluation ?? evaluation) === evaluation &&
      canonical(other.at) === canonical(at),
  )
  const seeds = Object.keys(values[study.metric.name]).length
  return {
    method: label,
    name: method,
    at,
    evaluation,
    seeds,
    wanted: found.length,
    states: Object.fromEntries(found.map(({ seed, state }) => [seed, state])),
    outdated: found.filter(({ stored }) => stored?.result && stored.trial.figuresVersion !== figuresVersion).length,
    ...(paper && { paper: paper.figures }),
    ...cells(values),
  }
}

/** Figures at the end, by seed, of finished trials. */
function finalValues(found: readonly Found[], evaluation: string): Values {
  return collect(found, ({ result }) => (result?.state === 'finished' ? result.metrics?.[evaluation] : undefined))
}

function collect(found: readonly Found[], figuresOf: (stored: StoredTrial) => Figures | undefined): Values {
  const values: Values = { fd: {}, text: {}, nearness: {} }
  for (const { seed, stored } of found) {
    const figures = stored && figuresOf(stored)
    if (figures) for (const name of figureNames) values[name][seed] = figures[name]
  }
  return values
}

function cells(values: Partial<Values>): Partial<Record<FigureName, Cell>> {
  const entries = Object.entries(values).filter(([, bySeed]) => Object.keys(bySeed).length > 0)
  return Object.fromEntries(entries.map(([name, bySeed]) => [name, { ...statistic(bySeed), best: false }]))
}

/** A row for each iteration at which the trials of an arm were measured on the way, and the last. */
function curveRows(study: Study, arm: Arm, found: readonly Found[]): Row[] {
  const [main] = arm.evaluations as [string]
  const measured = new Map<number, Record<string, Figures>>()
  for (const { seed, stored } of found) {
    for (const line of stored ? readEvaluations(stored.folder) : []) {
      if (line.name !== main) continue
      const iteration = line.iteration as number
      const { fd, text, nearness } = line as unknown as Figures
      measured.set(iteration, { ...measured.get(iteration), [seed]: { fd, text, nearness } })
    }
  }
  if (measured.size === 0) return [row(study, arm, found, main, finalValues)]
  return [...measured]
    .sort(([a], [b]) => a - b)
    .map(([iteration, bySeed]) => {
      const valuesOf = (all: readonly Found[]) => {
        const values: Values = { fd: {}, text: {}, nearness: {} }
        for (const { seed } of all) {
          const figures = bySeed[seed]
          if (figures) for (const name of figureNames) values[name][seed] = figures[name]
        }
        return values
      }
      return { ...row(study, arm, found, main, valuesOf), iteration }
    })
}

/** Percent of the captions on which each method's image scores best; equal scores share. */
function winRows(study: Study, arms: readonly { arm: Arm; found: Found[] }[]): Row[] {
  return study.evaluations.flatMap(evaluation => {
    const rivals = arms.filter(({ arm }) => arm.evaluations.includes(evaluation))
    const shares = new Map(rivals.map(({ arm }) => [arm, { fd: {}, text: {}, nearness: {} } as Values]))
    for (const seed of study.seeds) {
      const scores = rivals.map(({ found }) => readScores(found.find(one => one.seed === seed)?.stored, evaluation))
      if (scores.some(one => one === undefined)) continue
      for (const name of ['text', 'nearness'] as const) {
        const won = bestShares(scores.map(one => one![name]))
        rivals.forEach(({ arm }, i) => {
          shares.get(arm)![name][seed] = 100 * won[i]!
        })
      }
    }
    return rivals.map(({ arm, found }) => row(study, arm, found, evaluation, () => shares.get(arm)!))
  })
}

/** Of several lists of scores, the share of positions at which each is the highest. */
export function bestShares(scores: readonly (readonly number[])[]): number[] {
  const shares = scores.map(() => 0)
  const count = scores[0]!.length
  for (let i = 0; i < count; i++) {
    const highest = Math.max(...scores.map(list => list[i]!))
    const winners = scores.flatMap((list, rival) => (list[i] === highest ? [rival] : []))
    for (const winner of winners) shares[winner]! += 1 / winners.length / count
  }
  return shares
}

function readScores(stored: StoredTrial | undefined, evaluation: string) {
  if (stored?.result?.state !== 'finished') return undefined
  const file = join(stored.folder, 'scores', `${evaluation}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as { text: number[]; nearness: number[] }
}

/** Marks the best of each evaluation (and iteration), and compares with the study's method to compare with. */
function compared({ against, methods, view }: Study, rows: Row[]): Row[] {
  const label = methods[against]!.label
  const group = (row: Row) => `${row.evaluation} ${row.iteration ?? ''}`
  return rows.map(row => {
    const rivals = rows.filter(other => group(other) === group(row))
    const other = rivals.find(rival => rival.method === label && (rival === row || isComparable(rival, row)))
    const marked = { ...row }
    for (const name of figureNames) {
      const cell = row[name]
      if (!cell) continue
      const cells = rivals.flatMap(rival => rival[name] ?? [])
      const most = Math.max(...cells.map(seedsOf))
      const means = cells.filter(cell => seedsOf(cell) === most).map(({ mean }) => mean)
      const best = better[name] === 'lower' ? Math.min(...means) : Math.max(...means)
      const base = other && other !== row ? other[name] : undefined
      const difference = base && view !== 'wins' ? pairedDifference(cell.values, base.values) : undefined
      marked[name] = { ...cell, best: cell.mean === best && seedsOf(cell) === most, ...(difference && { difference }) }
    }
    return marked
  })
}

const seedsOf = ({ values }: Cell) => Object.keys(values).length

/** A method that is crossed with the grid is compared with at the same point; one that is not, always. */
function isComparable(rival: Row, row: Row): boolean {
  return Object.entries(rival.at).every(([path, value]) => canonical(row.at[path]) === canonical(value))
}
