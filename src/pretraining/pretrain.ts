import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { hashOf, type ImageBatch } from '../data/index.js'
import { floatToHalf, halfToFloat } from '../models/float16.js'
import { readSafetensors, writeSafetensors } from '../models/index.js'
import { cellSignal, jit, randomKey, tf, wholeStep } from '../tensorflow/index.js'
import { type AdamwSettings, adamw, adamwNumbers } from '../tuning/adamw.js'
import { clip } from './clip.js'
import { styleBounds } from './emojiBank.js'
import { features } from './features.js'
import { codeVersion, writeModelCard } from './modelCard.js'
import { type Packing, pack, packingOf, unpack } from './packing.js'
import { type Recipe, stageAt, stylesOf, totalSteps } from './recipe.js'
import { averageDecay, cosineRate } from './schedule.js'
import type { StepInput, Task } from './task.js'
import { textToImage } from './textToImage.js'

export type PretrainEvent =
  | {
      kind: 'step'
      iteration: number
      total: number
      losses: Record<string, number>
      gradientNorm: number
      learningRate: number
      /** Mean seconds a step since the last event. */
      seconds: number
    }
  | { kind: 'samples'; iteration: number; images: ImageBatch }
  | { kind: 'evaluation'; iteration: number; figures: Record<string, number> }
  | { kind: 'checkpoint'; iteration: number; file: string }
  | { kind: 'done'; iteration: number; folder: string }

export interface PretrainSettings {
  recipe: Recipe
  /** Where the finished model goes, an ordinary model folder. */
  folder: string
  /** Where the checkpoint is kept from which an unfinished run goes on. */
  run: string
  /** Go on from the run's checkpoint; without it a checkpoint that is there is an error. */
  resume?: boolean
  /** Stop with a checkpoint after this many minutes. */
  minutes?: number
  /** Aborting it stops the run with a checkpoint. */
  signal?: AbortSignal
  /** Steps between two 'step' events; reading a loss waits for the device. */
  reportEvery?: number
  /** Steps between two checkpoints, each with an evaluation and samples. */
  checkpointEvery?: number
}

/** Packed weights, their average, and AdamW's moments. */
type State = Record<(typeof stateNames)[number], tf.Tensor1D>

const stateNames = ['weights', 'average', 'mean', 'square'] as const

/**
 * Trains one of the embedded models from scratch by its recipe and writes it as an ordinary folder.
 * All chance is a function of the recipe's seed and the step, so a resumed run is the run that was not interrupted.
 * Leaving the loop early frees everything; the last checkpoint stays.
 *
 * @throws Error when the checkpoint belongs to another recipe, or the loss is no longer a number
 */
export async function* pretrain(settings: PretrainSettings): AsyncGenerator<PretrainEvent> {
  const { recipe, folder, run, resume = false, minutes, reportEvery = 50, checkpointEvery = 1000 } = settings
  const { signal = cellSignal() } = settings
  const total = totalSteps(recipe)
  const file = join(run, 'checkpoint.safetensors')
  if (!resume && existsSync(file)) throw new Error(`${run}: holds an unfinished run; resume it or remove the folder`)
  const started = performance.now()
  const task = await taskOf(recipe)
  const packing = packingOf(task.weights)
  const identity = hashOf([JSON.stringify(recipe), task.dataHash])
  const begun = resume && existsSync(file) ? await readCheckpoint(file, identity) : initialState(task, packing)
  let { state, iteration } = begun
  const step = trainStep(task, packing, recipe)
  const mustStop = () => signal?.aborted || (minutes !== undefined && performance.now() - started > minutes * 60_000)
  let reported = { iteration, at: performance.now() }
  try {
    while (iteration < total) {
      const { stage, within } = stageAt(recipe, iteration)
      const rate = cosineRate(stage.learningRate, within, stage.warmUp, stage.steps)
      const makeStep = () => {
        const keys = Array.from({ length: task.keys }, (_, i) => randomKey(recipe.seed, iteration, i))
        const bounds = styleBounds(stylesOf(recipe), stage.styles)
        const numbers = adamwNumbers(rate, iteration + 1, adamwSettings(recipe))
        const decay = tf.scalar(averageDecay(recipe.optimizer.averageDecay, iteration))
        return step(state, { keys, bounds, resident: task.resident }, numbers, decay)
      }
      const result = wholeStep(() => tf.tidy(makeStep))
      tf.dispose(state)
      state = result.state
      iteration++
      const last = iteration === total
      const { loss, parts, gradientNorm } = result
      const due = iteration % reportEvery === 0 || last || iteration === 1
      const measured = due ? await readAll({ ...parts, loss, gradientNorm }) : undefined
      tf.dispose([loss, parts, gradientNorm])
      if (measured) {
        const { gradientNorm, ...losses } = measured as Record<'loss' | 'gradientNorm', number>
        if (!Number.isFinite(losses.loss) || !Number.isFinite(gradientNorm)) {
          throw new Error(`the loss is ${losses.loss} and the gradient's norm ${gradientNorm} at step ${iteration}`)
        }
        const seconds = (performance.now() - reported.at) / 1000 / (iteration - reported.iteration)
        yield { kind: 'step', iteration, total, losses, gradientNorm, learningRate: rate, seconds }
        reported = { iteration, at: performance.now() }
      }
      // Lets signals and timers in between steps.
      await setImmediate()
      const pausing = mustStop()
      if (iteration % checkpointEvery === 0 || last || pausing) {
        await writeCheckpoint(file, state, iteration, identity)
        yield { kind: 'checkpoint', iteration, file }
        const average = tf.tidy(() => unpack(packing, state.average))
        yield { kind: 'evaluation', iteration, figures: await task.evaluate(average) }
        if (task.samples) yield { kind: 'samples', iteration, images: await task.samples(average) }
        tf.dispose(average)
        reported = { iteration, at: performance.now() }
        if (pausing && !last) return
      }
    }
    const { figures } = await finish(task, packing, state.average, settings)
    yield { kind: 'evaluation', iteration, figures }
    yield { kind: 'done', iteration, folder }
  } finally {
    tf.dispose([state, task.weights, task.resident, task.heldOut])
  }
}

/** Rounds the average to what will be stored, measures it, and writes the model and its card. */
async function finish(task: Task, packing: Packing, average: tf.Tensor1D, { recipe, folder }: PretrainSettings) {
  const numbers = halfToFloat(floatToHalf((await average.data()) as Float32Array))
  const rounded = tf.tidy(() => unpack(packing, tf.tensor1d(numbers)))
  try {
    const figures = await task.evaluate(rounded)
    const metadata = {
      recipe: JSON.stringify(recipe),
      seed: `${recipe.seed}`,
      data: task.dataHash,
      code: codeVersion(),
      figures: JSON.stringify(figures),
    }
    const parameters = await task.save(folder, rounded, metadata)
    writeModelCard(folder, recipe, task.dataHash, parameters, figures)
    return { figures }
  } finally {
    tf.dispose(rounded)
  }
}

function adamwSettings({ optimizer }: Recipe): AdamwSettings {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = optimizer
  return { betas: [beta1, beta2], epsilon, weightDecay, clip: clipNorm }
}

function taskOf(recipe: Recipe): Promise<Task> {
  switch (recipe.kind) {
    case 'text-to-image':
      return textToImage(recipe)
    case 'features':
      return features(recipe)
    case 'clip':
      return clip(recipe)
  }
}

/** Forward, backward, AdamW and the average, as one compiled call. */
function trainStep(task: Task, packing: Packing, recipe: Recipe) {
  const settings = adamwSettings(recipe)
  return jit(
    (state: State, input: StepInput, numbers: tf.Tensor1D, decay: tf.Scalar) => {
      const weights = unpack(packing, state.weights)
      let kept: Record<string, tf.Scalar> = {}
      const tensors = packing.names.map(name => weights[name]!)
      // Some weights of the published architectures take no part, such as DINOv2's mask token: their gradient is absent.
      const { value: loss, grads } = tf.engine().gradients(
        () => {
          const result = task.loss(weights, input)
          kept = mapScalars(part => tf.keep(part), result.parts)
          return result.loss
        },
        tensors,
        undefined,
        true,
      )
      const parts = mapScalars(part => part.clone(), kept)
      tf.dispose(kept)
      const updated = adamw(
        { all: state.weights },
        { mean: { all: state.mean }, square: { all: state.square } },
        { all: pack(packing, grads) },
        numbers,
        settings,
      )
      const after = updated.weights.all as tf.Tensor1D
      const next: State = {
        weights: after,
        average: after.add(state.average.sub(after).mul(decay)) as tf.Tensor1D,
        mean: updated.moments.mean.all as tf.Tensor1D,
        square: updated.moments.square.all as tf.Tensor1D,
      }
      return { state: next, loss, parts, gradientNorm: updated.gradientNorm }
    },
    { precision: recipe.precision ?? 'float32' },
  )
}

function mapScalars(
  f: (scalar: tf.Scalar) => tf.Scalar,
  scalars: Record<string, tf.Scalar>,
): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(scalars).map(([name, scalar]) => [name, f(scalar)]))
}

function initialState(task: Task, packing: Packing): { state: State; iteration: number } {
  const weights = tf.tidy(() =>
    pack(
      packing,
      packing.names.map(name => task.weights[name]!),
    ),
  )
  const state = { weights, average: weights.clone(), mean: tf.zerosLike(weights), square: tf.zerosLike(weights) }
  return { state, iteration: 0 }
}

async function readAll(scalars: Record<string, tf.Scalar>): Promise<Record<string, number>> {
  const numbers: Record<string, number> = {}
  for (const [name, scalar] of Object.entries(scalars)) numbers[name] = (await scalar.data())[0]!
  return numbers
}

async function writeCheckpoint(file: string, state: State, iteration: number, identity: string): Promise<void> {
  const tensors = Object.fromEntries(
    stateNames.map(name => [
      name,
      { dtype: 'F32' as const, shape: state[name].shape, data: async () => await state[name].data() },
    ]),
  )
  await writeSafetensors(file, tensors, { iteration: `${iteration}`, identity })
}

async function readCheckpoint(file: string, identity: string): Promise<{ state: State; iteration: number }> {
  const { metadata, tensors } = await readSafetensors(file)
  if (metadata.identity !== identity) throw new Error(`${file}: was made by another recipe or from other images`)
  const state = Object.fromEntries(
    stateNames.map(name => [name, tf.tensor1d(tensors[name]!.data as Float32Array)]),
  ) as State
  return { state, iteration: Number(metadata.iteration) }
}
