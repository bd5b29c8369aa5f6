/** A study's trials as the rows of a sweep, from their files. */

import {
  type Arm,
  readMetrics,
  readRungs,
  type StoredTrial,
  type Study,
  settles,
  stateOf,
  type Trial,
} from '../experiments/index.js'
import type { SweepOptions, SweepRow } from '../views/index.js'

/** A trial as the study takes it: what another study's rule stopped early has not ended for one without such a rule. */
export function answerOf(study: Study, stored: StoredTrial | undefined): StoredTrial | undefined {
  if (!stored?.result || settles(study, stored.result)) return stored
  const { folder, trial } = stored
  return { folder, trial }
}

/**
 * A row for each of the study's arms that a trial answers; mostly one.
 * @param state where whoever runs the trial knows better than its files
 */
export function rowsOf(
  study: Study,
  trial: Trial,
  stored: StoredTrial | undefined,
  state: SweepRow['state'] = stateOf(stored),
): SweepRow[] {
  const lines = stored ? readMetrics(stored.folder) : []
  const last = lines.findLast(({ iteration }) => typeof iteration === 'number')
  const { stopped, message, iterations } = stored?.result ?? {}
  const iteration = iterations ?? (last?.iteration as number | undefined)
  return trial.arms.map(arm => ({
    key: [trial.key, arm.method, JSON.stringify(arm.at)].join(' '),
    method: arm.label,
    settings: scalarsOf(arm.at),
    seed: trial.seed,
    state,
    total: trial.settings.iterations,
    ...(iteration !== undefined && { iteration }),
    ...measured(study, arm, lines, stored),
    ...(stopped && { stopped }),
    ...(message && { message }),
  }))
}

/** The study's metric at the evaluation that the arm is shown at, over iterations and at the end. */
function measured(
  { metric }: Study,
  { evaluations: [evaluation] }: Arm,
  lines: ReturnType<typeof readMetrics>,
  stored: StoredTrial | undefined,
): Pick<SweepRow, 'value' | 'curve'> {
  const points = lines.filter(({ kind, name }) => kind === 'evaluation' && name === evaluation)
  const value = stored?.result?.metrics?.[evaluation!]?.[metric.name]
  return {
    ...(value !== undefined && { value }),
    ...(points.length > 0 && {
      curve: {
        iteration: points.map(({ iteration }) => iteration as number),
        value: points.map(point => point[metric.name] as number),
      },
    }),
  }
}

function scalarsOf(at: Record<string, unknown>): SweepRow['settings'] {
  return Object.fromEntries(
    Object.entries(at).map(([name, value]) => {
      const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
      return [name, plain ? (value as string | number | boolean | null) : JSON.stringify(value)]
    }),
  )
}

/**
 * What a sweep says of its study beside the trials.
 * @param folder of the study's scale
 */
export function optionsOf(study: Study, folder: string): SweepOptions {
  const { title, metric } = study
  const paper = paperOf(study)
  return { title, metric, rungs: readRungs(study, folder), ...(paper && { paper }) }
}

/** What the paper reports: its FID where it has one, else the first of its figures, which are all the more the better. */
function paperOf({ paper, methods }: Study): SweepOptions['paper'] {
  const shown = paper.filter(({ method, evaluation }) =>
    [undefined, methods[method]?.evaluations?.[0]].includes(evaluation),
  )
  const names = new Set(shown.flatMap(({ figures }) => Object.keys(figures)))
  const [first] = names
  if (first === undefined) return undefined
  const name = names.has('FID') ? 'FID' : first
  return {
    name,
    better: name === 'FID' ? 'lower' : 'higher',
    cells: shown.map(({ method, at, figures }) => ({
      method: methods[method]!.label,
      settings: scalarsOf(at),
      figures,
    })),
  }
}
