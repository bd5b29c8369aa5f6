/** The loop around the iterations of either method: batches, numbers, samples, checkpoints, a clean end. */

import type { Weights } from '../models/index.js'
import { cellSignal, memory, tf, usesXla, wholeStep } from '../tensorflow/index.js'
import type { RunValues } from './action.js'
import { createAdt } from './adt.js'
import { watchBalance } from './balance.js'
import { forgetChanges, openChanges } from './changes.js'
import { hasCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js'
import { batchIndices } from './choices.js'
import { createDesk } from './control.js'
import {
  type JudgedEvent,
  type ProgressEvent,
  type ReferencesEvent,
  type StartEvent,
  type StepEvent,
  stepEvent,
} from './events.js'
import { createFt } from './ft.js'
import type { Condition } from './generator.js'
import { fetchNumbers } from './numbers.js'
import { createSampler } from './samples.js'
import { scope } from './scope.js'
import type { Settings } from './settings.js'
import { disposeReplaced, initialState } from './state.js'
import { type Batch, type Iterate, type Measured, rateAt, type Tunable } from './trainer.js'

/**
 * Tunes a network and reports as it goes. Leaving the loop early frees everything it made.
 * @param weights where to start; they stay the caller's and are left as they are, unless the settings release them
 * @returns the averaged weights, which are then the caller's; undefined when the run was aborted
 * @throws Error when a number of the run is no longer finite; the last checkpoint is then still good
 */
export async function* run<C extends Condition>(
  tunable: Tunable<C>,
  weights: Weights,
  settings: Settings,
): AsyncGenerator<ProgressEvent, Weights | undefined> {
  const { folder, iterations, samplesEvery, checkpointEvery, signal = cellSignal() } = settings
  const iterate = settings.method === 'adt' ? createAdt(tunable, settings) : createFt(tunable, settings)
  const sampler = createSampler(tunable, settings)
  const { prompts } = settings
  const sample = async (iteration: number): Promise<ProgressEvent> => {
    return { kind: 'samples', iteration, prompts, images: await sampler(state.generator.average) }
  }
  const loadBatch = createBatches(settings, tunable)
  const unbalanced = watchBalance()

  const changes = await openChanges(valuesOf(settings), settings)
  const resumed = await resume(settings)
  let state = resumed?.state ?? initialState(weights, settings)
  if (settings.release) tf.dispose(weights)
  let saved = resumed?.iteration ?? 0
  let lastFolder = resumed?.folder
  async function* save(iteration: number): AsyncGenerator<ProgressEvent> {
    if (!folder || saved === iteration) return
    lastFolder = await saveCheckpoint(folder, iteration, state, settings)
    saved = iteration
    yield { kind: 'checkpoint', iteration, folder: lastFolder }
  }

  const desk = createDesk(changes.at(saved, []).values, settings.prompts.length > 0)
  const { control } = desk
  const left = () => signal?.aborted || desk.stopped
  /** An iteration; nothing when the cell was interrupted on the way, and it is as if it had not begun. */
  const unlessLeft = (act: () => ReturnType<Iterate>) => {
    try {
      return wholeStep(() => scope(act))
    } catch (error) {
      if (!signal?.aborted) throw error
      return undefined
    }
  }
  async function* wait(iteration: number): AsyncGenerator<ProgressEvent> {
    yield { kind: 'paused', iteration }
    while (control.paused && !left()) {
      if (desk.takeSample()) yield await sample(iteration)
      else await desk.news(signal)
    }
    if (!left()) yield { kind: 'resumed', iteration }
  }

  let finished = false
  try {
    yield { kind: 'start', iteration: saved + 1, total: iterations, settings: described(settings), prompts, control }
    if (usesXla() && iterate.ready && saved < iterations && !signal?.aborted) {
      yield { kind: 'compiling' }
      const batch = await loadBatch(saved + 1)
      const first = scope(batch)
      await iterate
        .ready(state, first)
        .finally(() => tf.dispose([first.image, first.latents ?? [], first.reference ?? []]))
    }
    if (samplesEvery > 0 && !signal?.aborted) {
      // What the model draws before it is tuned, and what it should draw.
      if (saved === 0) yield await sample(0)
      const references = await referencesOf(settings, saved + 1)
      if (references) yield references
    }
    for (let iteration = saved + 1; iteration <= iterations; iteration++) {
      if (control.paused) yield* wait(iteration - 1)
      if (left()) {
        yield* save(iteration - 1)
        return undefined
      }
      const { values, fresh } = changes.at(iteration, desk.takeChanges())
      for (const change of fresh) yield { kind: 'change', ...change }
      const began = performance.now()
      const batch = await loadBatch(iteration)
      const made = unlessLeft(() => iterate(state, iteration, batch(), values))
      if (!made) {
        yield* save(iteration - 1)
        return undefined
      }
      const { state: next, measured } = made
      disposeReplaced(state, next)
      state = next
      const asked = desk.takeSample()
      const drawing = asked || isDue(samplesEvery, iteration, iterations)
      const judged = await fetchJudged(measured.judged, drawing)
      const numbers = await fetchNumbers(measured.tensors)
      checkFinite(numbers, iteration, lastFolder)
      const event = stepEvent(numbers, measured, {
        iteration,
        total: iterations,
        learningRate: {
          generator: rateAt(settings, values, 'generator', iteration),
          discriminator: rateAt(settings, values, 'discriminator', iteration),
        },
        seconds: (performance.now() - began) / 1000,
        memory: memoryNow(),
      })
      yield event
      const message = unbalanced(event)
      if (message) yield { kind: 'warning', iteration, message }
      if (judged) {
        const { realScores, fakeScores } = event
        yield { kind: 'judged', iteration, ...judged, realScores, fakeScores }
      }
      if (drawing) yield await sample(iteration)
      if (isDue(checkpointEvery, iteration, iterations)) yield* save(iteration)
      // lets timers, signals and messages in between iterations
      await new Promise(resolve => setImmediate(resolve))
    }
    finished = true
    desk.end({ status: 'done' })
    return state.generator.average
  } catch (error) {
    desk.end({ status: 'failed', message: (error as Error).message })
    throw error
  } finally {
    // Only the first ending counts: this one is a loop that was left, an abort, or a stop.
    desk.end({ status: 'stopped' })
    const { average, ...rest } = state.generator
    tf.dispose([rest, state.discriminator, finished ? [] : average] as unknown as tf.TensorContainer)
  }
}

async function resume(settings: Settings) {
  const { folder, resume } = settings
  if (!folder) return undefined
  if (resume) return loadCheckpoint(folder, settings)
  if (await hasCheckpoint(folder)) {
    throw new Error(`folder: ${folder} already holds a run; resume it, or choose another folder`)
  }
  forgetChanges(folder)
  return undefined
}

/** Fetches an iteration's images; the function it gives makes their tensors, inside of the caller's tidy. */
function createBatches<C extends Condition>(
  { data, reference, batch, seed }: Settings,
  { cache, codec, framed }: Tunable<C>,
): (iteration: number) => Promise<() => Batch> {
  const indexOf = new Map(reference?.items.map(({ text }, index) => [text, index]))
  return async iteration => {
    const indices = batchIndices(data.items.length, batch, seed, iteration)
    const captions = indices.map(index => data.items[index]!.text)
    const pixels = await data.images(indices)
    const references = await reference?.images(captions.map(caption => indexOf.get(caption)!))
    const shape: [number, number, number, number] = [batch, data.size, data.size, 3]
    const frames = framed ? await data.frames?.(indices) : undefined
    await cache?.prepare(['', ...captions])
    const latents = codec && (await cache?.latents(pixels, batch))
    return () => ({
      captions,
      ...(frames && { frames }),
      image: tf.tensor4d(pixels, shape),
      ...(latents && { latents: tf.tensor4d(latents, [batch, ...codec!.shape]) }),
      ...(references && { reference: tf.tensor4d(references, shape) }),
    })
  }
}

/** Brings the images that were judged from the device, where they are wanted, and frees them there. */
async function fetchJudged(
  judged: Measured['judged'],
  wanted: boolean,
): Promise<Pick<JudgedEvent, 'captions' | 'real' | 'generated'> | undefined> {
  if (!judged) return undefined
  const { captions, ...images } = judged
  try {
    if (!wanted) return undefined
    const fetch = async (batch: tf.Tensor4D) => ({ data: (await batch.data()) as Float32Array, shape: batch.shape })
    return { captions, real: await fetch(images.real), generated: await fetch(images.generated) }
  } finally {
    tf.dispose(images)
  }
}

/** Those prompts that are captions of the data. */
async function referencesOf({ prompts, data, reference = data }: Settings, iteration: number) {
  const indexOf = new Map(reference.items.map(({ text }, index) => [text, index]))
  const known = [...new Set(prompts)].filter(prompt => indexOf.has(prompt))
  if (known.length === 0) return undefined
  const pixels = await reference.images(known.map(prompt => indexOf.get(prompt)!))
  const shape = [known.length, reference.size, reference.size, 3]
  return { kind: 'references', iteration, prompts: known, images: { data: pixels, shape } } satisfies ReferencesEvent
}

function memoryNow(): StepEvent['memory'] {
  const { device, process } = memory()
  return { used: device?.used ?? null, peak: device?.peak ?? null, process }
}

function isDue(every: number, iteration: number, last: number): boolean {
  return every > 0 && (iteration % every === 0 || iteration === last)
}

/** The settings that can be changed while the run goes on, as it begins. */
function valuesOf({ method, lambda, learningRate }: Settings): RunValues {
  return { lambda: method === 'adt' ? lambda : null, learningRate }
}

/** What a reader of the run wants to know of its settings. */
function described(settings: Settings): StartEvent['settings'] {
  const { method, sampler, batch, learningRate, guidance, seed, path, K, lambda, H, adversarialWeight } = settings
  const { generator, discriminator } = learningRate
  return {
    method,
    ...(method === 'adt' && { path, K, lambda, H, adversarialWeight }),
    sampler: sampler.name,
    guidance,
    batch,
    learningRate: generator === discriminator || method === 'ft' ? generator : `${generator}, ${discriminator}`,
    seed,
  }
}

function checkFinite(numbers: Record<string, number[]>, iteration: number, checkpoint: string | undefined): void {
  const bad = Object.entries(numbers).find(([, values]) => values.some(value => !Number.isFinite(value)))
  if (!bad) return
  const last = checkpoint ? `the last good checkpoint is ${checkpoint}` : 'there is no checkpoint'
  const advice = 'check the weights it started from; lower the learning rates or adversarialWeight'
  throw new Error(`iteration ${iteration}: ${bad[0]} is not finite (${bad[1].join(', ')}); ${advice}; ${last}`)
}
