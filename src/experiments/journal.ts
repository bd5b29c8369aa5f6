/**
 * A study as an Optuna journal, so that optuna-dashboard opens it: one JSON operation a line, as optuna's own
 * JournalFileBackend writes them. A trial is one line, in the order in which trials ended: what was there before stays a
 * prefix, and a dashboard that is looking sees the new ones appear.
 */

import { join } from 'node:path'
import { writeFileAtomic } from '../data/files.js'
import { findStored, type StoredTrial } from './store.js'
import { type Study, type Trial, trialsOf } from './study.js'
import { readEvaluations } from './trialFolder.js'

const operation = { createStudy: 0, setStudyAttribute: 2, setStudySystemAttribute: 3, createTrial: 4 }
const direction = { lower: 1, higher: 2 }
const trialState = { finished: 1, stopped: 2, failed: 3 }

/** Writes `journal.log` in the study's folder. */
export function writeJournal(folder: string, study: Study, stored: readonly StoredTrial[]): void {
  writeFileAtomic(join(folder, study.name, 'journal.log'), journal(study, stored))
}

/** The journal's text. */
export function journal(study: Study, stored: readonly StoredTrial[]): string {
  const own = { worker_id: 'adt', study_id: 0 }
  const ended = trialsOf(study).flatMap(trial => {
    const found = findStored(stored, trial)
    return found?.result ? [{ trial, stored: found, result: found.result }] : []
  })
  ended.sort((a, b) => (a.result.ended < b.result.ended ? -1 : a.result.ended > b.result.ended ? 1 : 0))
  const { title, question, metric, scale, notes, command } = study
  const attributes = { title, question, scale, ...(command && { command }) }
  // What optuna calls the objective, and the note that its dashboard shows with the study.
  const system = {
    'study:metric_names': [metric.name],
    'dashboard:note_ver': 1,
    'dashboard:note_str:0': [`**${title}.** ${question}`, notes].join('\n\n').trim(),
  }
  const operations = [
    {
      op_code: operation.createStudy,
      worker_id: own.worker_id,
      study_name: `${study.name} (${study.scale})`,
      directions: [direction[study.metric.better]],
    },
    ...Object.entries(attributes).map(([name, value]) => ({
      op_code: operation.setStudyAttribute,
      ...own,
      user_attr: { [name]: value },
    })),
    ...Object.entries(system).map(([name, value]) => ({
      op_code: operation.setStudySystemAttribute,
      ...own,
      system_attr: { [name]: value },
    })),
    ...ended.map(one => ({ op_code: operation.createTrial, ...own, ...trialOperation(study, one) })),
  ]
  return operations.map(line => `${JSON.stringify(line)}\n`).join('')
}

function trialOperation(
  study: Study,
  { trial, stored, result }: { trial: Trial; stored: StoredTrial; result: NonNullable<StoredTrial['result']> },
): Record<string, unknown> {
  const ended = new Date(result.ended)
  const arm = trial.arms[0]!
  const [main] = arm.evaluations as [string]
  const figures = result.metrics?.[main]
  // Of a trial that was stopped the last figure, as optuna itself has it; for a best trial only finished ones count there.
  const value = result.state === 'failed' ? null : (figures?.[study.metric.name] ?? null)
  const parameters = parametersOf(study, trial)
  return {
    datetime_start: stamp(new Date(ended.getTime() - 1000 * (result.seconds ?? 0))),
    datetime_complete: stamp(ended),
    state: trialState[result.state],
    value,
    values: null,
    params: Object.fromEntries(parameters.map(({ name, internal }) => [name, internal])),
    distributions: Object.fromEntries(parameters.map(({ name, distribution }) => [name, JSON.stringify(distribution)])),
    intermediate_values: intermediate(stored.folder, study.metric.name),
    user_attrs: {
      key: trial.key,
      figuresVersion: stored.trial.figuresVersion,
      ...flattened(result.metrics ?? {}),
      ...(result.message && { message: result.message }),
      ...(result.stopped && { stopped: result.stopped }),
    },
    system_attrs: {},
  }
}

interface Parameter {
  name: string
  /** Optuna's own representation: an index where there are choices. */
  internal: number
  distribution: { name: string; attributes: Record<string, unknown> }
}

function parametersOf({ methods, grid, seeds }: Study, { arms, seed }: Trial): Parameter[] {
  const { method, at } = arms[0]!
  const points = Object.entries(at).map(([path, value]) => parameter(path, grid[path]!, value))
  const names = Object.keys(methods)
  // What is the same everywhere is nothing to plot against.
  return [
    ...(names.length > 1 ? [parameter('method', names, method)] : []),
    ...points,
    ...(seeds.length > 1 ? [parameter('seed', seeds, seed)] : []),
  ]
}

function parameter(name: string, values: readonly unknown[], value: unknown): Parameter {
  const numbers = values.filter(one => typeof one === 'number')
  if (numbers.length === values.length) {
    const range = { low: Math.min(...numbers), high: Math.max(...numbers), log: false }
    const whole = numbers.every(Number.isInteger)
    const distribution = whole
      ? { name: 'IntDistribution', attributes: { ...range, step: 1 } }
      : { name: 'FloatDistribution', attributes: { ...range, step: null } }
    return { name, internal: value as number, distribution }
  }
  const choices = values.map(one => (typeof one === 'object' ? JSON.stringify(one) : one))
  const internal = choices.indexOf(typeof value === 'object' ? JSON.stringify(value) : value)
  return { name, internal, distribution: { name: 'CategoricalDistribution', attributes: { choices } } }
}

/** The metric at the measurements on the way and at the end, by iteration; an iteration's first is the main one. */
function intermediate(folder: string, metric: string): Record<string, number> {
  const values: Record<string, number> = {}
  for (const line of readEvaluations(folder)) values[`${line.iteration}`] ??= line[metric] as number
  return values
}

function flattened(metrics: Record<string, Record<string, number>>): Record<string, number> {
  const entries = Object.entries(metrics).flatMap(([evaluation, figures]) =>
    Object.entries(figures).map(([name, value]) => [`${evaluation} ${name}`, value] as const),
  )
  return Object.fromEntries(entries)
}

/** ISO 8601 as every Python reads it. */
function stamp(date: Date): string {
  return date.toISOString().replace('Z', '+00:00')
}
