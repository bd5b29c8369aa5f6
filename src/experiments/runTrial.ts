/** One trial from its folder's settings to its result: tuning, measurements on the way, measurements at the end. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { namedData, WriteError, writeFileAtomic, writeGrid } from '../data/index.js'
import { loadMetricClip } from '../metrics/index.js'
import {
  type DiffusionModel,
  imageSize,
  loadDiffusionModel,
  loadModelFolder,
  openSafetensors,
  saveDiffusionModel,
  type Weights,
} from '../models/index.js'
import { modelFolder } from '../pretraining/embedded.js'
import { namedSampler } from '../samplers/index.js'
import { tf } from '../tensorflow/index.js'
import { type StepEvent, type TuneSettings, tune } from '../tuning/index.js'
import type { MetricLine } from './executor.js'
import { takeLock } from './lock.js'
import { type MeasureOptions, measure } from './measure.js'
import type { TrialSettings } from './settings.js'
import {
  type Figures,
  lastCheckpoint,
  type MetricLog,
  openMetrics,
  readMetrics,
  readResult,
  readTrial,
  writeResult,
} from './trialFolder.js'

/** Lines of steps that a trial logs, more or less. */
const loggedSteps = 100
/** Iterations between two checkpoints, at most. */
const mostBetweenCheckpoints = 250

/** Another process works in the trial's folder. */
export class BusyError extends Error {
  override name = 'BusyError'
}

/**
 * Runs a trial, or goes on with it from its last checkpoint, and ends with `result.json`. First come the lines that are
 * there already, so that whoever reads gets every line from 0 on.
 *
 * @param signal aborting it leaves a checkpoint and no result
 * @returns whether it finished; false: aborted
 * @throws BusyError when another process runs it; what went wrong, after writing it as the trial's result
 */
export async function* runTrial(folder: string, signal: AbortSignal): AsyncGenerator<MetricLine, boolean> {
  const { settings } = readTrial(folder)
  if (readResult(folder)?.state === 'finished') {
    yield* readMetrics(folder)
    return true
  }
  const lock = takeLock(folder)
  if (!lock) throw new BusyError(`${folder}: another process is running this trial`)
  try {
    return yield* tuneAndMeasure(folder, settings, signal)
  } catch (error) {
    if (signal.aborted && error === signal.reason) return false
    // Room on a disk comes back: another start may do better.
    if (error instanceof WriteError) throw error
    writeResult(folder, { state: 'failed', ended: new Date().toISOString(), message: (error as Error).message })
    throw error
  } finally {
    lock.release()
  }
}

async function* tuneAndMeasure(
  folder: string,
  settings: TrialSettings,
  signal: AbortSignal,
): AsyncGenerator<MetricLine, boolean> {
  const { method, evaluateEvery, evaluations, seed } = settings
  const iterations = method === 'base' ? 0 : settings.iterations
  const model = await loadDiffusionModel(modelFolder(settings.model))
  const clip = await loadMetricClip(modelFolder(settings.clip))
  const size = imageSize(model)
  const data = {
    train: namedData(settings.data, size, 'train'),
    test: namedData(settings.data, size, 'test'),
  }
  const start = lastCheckpoint(folder)?.iteration ?? 0
  const log = openMetrics(folder, line => (line.iteration as number) <= start)
  yield* log.lines

  const optionsOf = (name: string): MeasureOptions => {
    const evaluation = evaluations[name]!
    return { ...evaluation, clip, data: data[evaluation.split], seed, signal }
  }
  const [main] = Object.keys(evaluations) as [string, ...string[]]
  async function* measureOnTheWay(iteration: number, weights: Weights): AsyncGenerator<MetricLine> {
    const due = evaluateEvery > 0 && iteration % evaluateEvery === 0 && iteration < iterations
    if (!due || isMeasured(log, iteration, main)) return
    const { figures } = await measure(withWeights(model, weights), optionsOf(main))
    yield log.write({ kind: 'evaluation', iteration, name: main, ...rounded(figures) })
  }
  async function* measureAtTheEnd(tuned: DiffusionModel): AsyncGenerator<MetricLine> {
    for (const name of Object.keys(evaluations)) {
      if (isMeasured(log, iterations, name)) continue
      const { figures, scores, images } = await measure(tuned, optionsOf(name))
      if (name === main) await writeGrid(join(folder, `samples-${name}.png`), images)
      if (evaluations[name]!.scores) {
        const kept = { text: scores.text.map(short), nearness: scores.nearness.map(short) }
        writeFileAtomic(join(folder, 'scores', `${name}.json`), `${JSON.stringify(kept)}\n`)
      }
      yield log.write({ kind: 'evaluation', iteration: iterations, name, ...rounded(figures) })
    }
  }

  let tuned = model
  if (iterations > 0) {
    const checkpoint = lastCheckpoint(folder)
    if (checkpoint) {
      const weights = await averageOf(checkpoint.folder)
      yield* measureOnTheWay(checkpoint.iteration, weights)
      tf.dispose(weights)
    }
    let seconds = secondsSoFar(log)
    const every = logEvery(settings, iterations)
    for await (const event of tune(model, await tuneSettings(folder, settings, model, data.train, signal))) {
      if (event.kind === 'step') {
        seconds += event.seconds
        if (event.iteration % every === 0) yield log.write(stepLine(event, seconds))
      } else if (event.kind === 'warning') {
        yield log.write({ kind: 'warning', iteration: event.iteration, message: event.message })
      } else if (event.kind === 'checkpoint') {
        const weights = await averageOf(event.folder)
        yield* measureOnTheWay(event.iteration, weights)
        tf.dispose(weights)
      } else if (event.kind === 'done') tuned = event.model
    }
    if (tuned === model) return false
  }
  yield* measureAtTheEnd(tuned)
  if (iterations > 0) {
    await saveDiffusionModel(tuned, join(folder, 'model'))
    tf.dispose(tuned.network.weights)
  }
  const metrics = Object.fromEntries(Object.keys(evaluations).map(name => [name, measured(log, iterations, name)!]))
  const ended = new Date().toISOString()
  writeResult(folder, { state: 'finished', ended, iterations, seconds: short(secondsSoFar(log)), metrics })
  await rm(join(folder, 'checkpoints'), { recursive: true, force: true })
  return true
}

async function tuneSettings(
  folder: string,
  settings: TrialSettings,
  model: DiffusionModel,
  data: TuneSettings['data'],
  signal: AbortSignal,
): Promise<TuneSettings> {
  const { method, preset, sampling, iterations, seed, tuning, reference, evaluateEvery } = settings
  return {
    ...tuning,
    method: method as 'ft' | 'adt',
    preset,
    iterations,
    seed,
    data,
    sampler: namedSampler(model.schedule, sampling.sampler, sampling.steps),
    guidance: sampling.guidance,
    ...(reference && { reference: namedData(reference, data.size, 'train') }),
    ...(method === 'adt' && { features: await loadModelFolder(modelFolder(settings.features)) }),
    folder: join(folder, 'checkpoints'),
    checkpointEvery: checkpointEvery(evaluateEvery, iterations),
    resume: true,
    signal,
  } as TuneSettings
}

/** Where measurements on the way are due there has to be a checkpoint: a trial that is killed while it measures goes on there. */
function checkpointEvery(evaluateEvery: number, iterations: number): number {
  return evaluateEvery > 0
    ? largestDivisor(evaluateEvery, mostBetweenCheckpoints)
    : Math.min(iterations, mostBetweenCheckpoints)
}

function largestDivisor(value: number, most: number): number {
  for (let divisor = Math.min(value, most); divisor > 1; divisor--) if (value % divisor === 0) return divisor
  return 1
}

/** A multiple of the generator's interval, so that a logged step is one at which the generator was updated. */
function logEvery({ method, tuning, preset }: TrialSettings, iterations: number): number {
  const H = method === 'adt' ? Number(tuning.H ?? (preset === 'emoji' ? 2 : 5)) : 1
  return H * Math.max(1, Math.round(iterations / loggedSteps / H))
}

function stepLine({ iteration, losses, scores, gradientNorms }: StepEvent, seconds: number): Record<string, unknown> {
  const { adversarial, diffusion, total } = gradientNorms
  return {
    kind: 'step',
    iteration,
    losses: rounded(losses),
    ...(scores && { scores: rounded(scores) }),
    gradientNorms: rounded({ adversarial, diffusion, total }),
    seconds: short(seconds),
  }
}

function secondsSoFar({ lines }: MetricLog): number {
  return (lines.findLast(({ kind }) => kind === 'step')?.seconds as number | undefined) ?? 0
}

function measured({ lines }: MetricLog, iteration: number, name: string): Figures | undefined {
  const line = lines.find(line => line.kind === 'evaluation' && line.iteration === iteration && line.name === name)
  return line && { fd: line.fd as number, text: line.text as number, nearness: line.nearness as number }
}

const isMeasured = (log: MetricLog, iteration: number, name: string) => measured(log, iteration, name) !== undefined

function withWeights(model: DiffusionModel, weights: Weights): DiffusionModel {
  return { ...model, network: { ...model.network, weights } }
}

/** The averaged weights in a checkpoint of tuning. */
async function averageOf(checkpoint: string): Promise<Weights> {
  const prefix = 'generator/average/'
  const file = await openSafetensors(join(checkpoint, 'state.safetensors'))
  try {
    const weights: Weights = {}
    for (const name of Object.keys(file.entries)) {
      if (!name.startsWith(prefix)) continue
      const { data, shape } = await file.read(name)
      weights[name.slice(prefix.length)] = tf.tensor(data as Float32Array, shape, 'float32')
    }
    return weights
  } finally {
    await file.close()
  }
}

/** Five digits are more than two seeds agree on. */
function short(value: number): number {
  return Number(value.toPrecision(5))
}

function rounded<T extends Record<string, number | null>>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? null : short(value)]),
  ) as T
}
