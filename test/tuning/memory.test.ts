import assert from 'node:assert/strict'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { chooseSteps, parseSettings, run } from '../../src/tuning/index.js'
import { size, tinyData, tinyFeatures, tinyTunable, tinyWeights } from './tiny.js'

const batch = 4
const features = tinyFeatures()

/** A seed whose second iteration starts at step 0 or 1, which is not one of the K sampled steps. */
function longRun(steps: number, K: number): number {
  for (let seed = 0; ; seed++) {
    const { start, sampled } = chooseSteps(steps, K, seed, 2)
    if (start <= 1 && sampled.length === K && !sampled.includes(start)) return seed
  }
}

/** The most that TF.js holds at once, in tensors and in bytes, from now until the function given back is called. */
function watchPeak(): () => { tensors: number; bytes: number } {
  const { state } = tf.engine()
  const peak = { numTensors: 0, numBytes: 0 }
  for (const name of ['numTensors', 'numBytes'] as const) {
    let value = state[name]
    Object.defineProperty(state, name, {
      configurable: true,
      enumerable: true,
      get: () => value,
      set: (next: number) => {
        value = next
        peak[name] = Math.max(peak[name], next)
      },
    })
  }
  return () => {
    for (const name of ['numTensors', 'numBytes'] as const) {
      Object.defineProperty(state, name, { value: state[name], writable: true, configurable: true, enumerable: true })
    }
    return { tensors: peak.numTensors, bytes: peak.numBytes }
  }
}

/** The peak of a generator update that runs through all the sampler's steps, after one that compiles. */
async function peakOfUpdate(steps: number, K: number): Promise<{ tensors: number; bytes: number }> {
  const weights = tinyWeights()
  const settings = parseSettings({
    data: tinyData(),
    sampler: ddim(linearSchedule(), steps),
    features,
    discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
    batch,
    K,
    H: 1,
    iterations: 3,
    seed: longRun(steps, K),
  })
  let stop: ReturnType<typeof watchPeak> | undefined
  try {
    for await (const event of run(tinyTunable(), weights, settings)) {
      if (event.kind !== 'step') continue
      if (event.iteration === 2) return stop!()
      stop = watchPeak()
    }
  } finally {
    stop?.()
    tf.dispose(weights)
  }
  throw new Error('the run ended before its second iteration')
}

describe('the memory of a generator update', () => {
  it('is the same for 6 and for 60 sampler steps', async () => {
    const few = await peakOfUpdate(6, 2)
    assert.ok(few.tensors > 100, 'nothing was watched')
    assert.deepEqual(await peakOfUpdate(60, 2), few)
  })

  it('grows with K by a latent, its time and a norm for each step, and by nothing else', async () => {
    const [few, many] = [await peakOfUpdate(12, 2), await peakOfUpdate(12, 10)]
    const latent = batch * size * size * 3 * 4
    assert.ok(many.tensors - few.tensors <= 8 * 2, `${many.tensors - few.tensors} tensors more for 8 steps more`)
    assert.ok(many.bytes - few.bytes <= 8 * (latent + 8), `${many.bytes - few.bytes} bytes more for 8 steps more`)
  })
})
