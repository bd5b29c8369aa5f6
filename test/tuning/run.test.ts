import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Weights } from '../../src/models/index.js'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import {
  type JudgedEvent,
  type ProgressEvent,
  parseSettings,
  run,
  type StepEvent,
  type TuneSettings,
} from '../../src/tuning/index.js'
import { tinyData, tinyFeatures, tinyTunable, tinyWeights } from './tiny.js'

const features = tinyFeatures()
const tunable = tinyTunable()
const given: TuneSettings = {
  data: tinyData(),
  sampler: ddim(linearSchedule(), 5),
  features,
  discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
  batch: 4,
  K: 2,
  iterations: 6,
  learningRate: 1e-3,
  warmup: 2,
}

interface Outcome {
  events: ProgressEvent[]
  steps: StepEvent[]
  weights: Record<string, number[]> | undefined
}

/** Runs to the end, or until `stop` says so after an event. */
async function tuneTiny(more: Partial<TuneSettings> = {}, stop = (_: ProgressEvent) => false): Promise<Outcome> {
  const weights = tinyWeights()
  const running = run(tunable, weights, parseSettings({ ...given, ...more }))
  const events: ProgressEvent[] = []
  let average: Weights | undefined
  try {
    for (;;) {
      const next = await running.next()
      if (next.done) {
        average = next.value
        break
      }
      events.push(next.value)
      if (stop(next.value)) {
        await running.return(undefined)
        break
      }
    }
  } finally {
    tf.dispose(weights)
  }
  const steps = events.filter(event => event.kind === 'step')
  const values = average && Object.fromEntries(Object.entries(average).map(([k, v]) => [k, [...v.dataSync()]]))
  if (average) tf.dispose(average)
  return { events, steps, weights: values }
}

describe('a tuning run', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-run-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('adt: updates the discriminator every iteration and the generator every H-th, and reports both', async () => {
    const { steps } = await tuneTiny({ H: 2 })
    assert.deepEqual(
      steps.map(({ iteration, total }) => [iteration, total]),
      [1, 2, 3, 4, 5, 6].map(i => [i, 6]),
    )
    for (const { iteration, losses, scores, realScores, fakeScores, gradientNorms, learningRate, seconds } of steps) {
      assert.ok(losses.discriminator! > 0)
      assert.ok(Math.abs(scores!.real) <= 1 && Math.abs(scores!.fake) <= 1)
      assert.deepEqual([realScores.length, fakeScores.length], [4, 4])
      assert.ok(seconds > 0 && learningRate.generator > 0)
      if (iteration % 2 === 1) {
        assert.deepEqual([losses.adversarial, losses.diffusion, gradientNorms.perStep], [null, null, []])
        continue
      }
      assert.ok(losses.diffusion! > 0 && gradientNorms.adversarial! > 0 && gradientNorms.diffusion! > 0)
      // the start step and up to K others
      assert.ok(gradientNorms.perStep.length >= 1 && gradientNorms.perStep.length <= 3)
      const { adversarial, diffusion, total, perStep } = gradientNorms
      assert.ok(total! <= (adversarial! + diffusion!) * 1.001)
      assert.ok(adversarial! <= perStep.reduce((sum, { norm }) => sum + norm, 0) * 1.001)
    }
  })

  it('adt: gives the same gradient whether its two terms are measured apart or ride on one call', async () => {
    const [apart, together] = [await tuneTiny({ normsEvery: 1, H: 1 }), await tuneTiny({ normsEvery: 0, H: 1 })]
    assert.equal(together.steps[0]!.gradientNorms.adversarial, null)
    const [a, b] = [apart, together].map(({ steps }) => steps[0]!.gradientNorms.total!) as [number, number]
    assert.ok(Math.abs(a - b) < 1e-4 * a)
  })

  it('adt: λ = 0 leaves L_diff out, Eq. 12 alone leaves the start step out', async () => {
    const without = await tuneTiny({ lambda: 0, H: 1 })
    assert.ok(without.steps.every(({ gradientNorms: { diffusion } }) => diffusion === null))
    const eq12 = await tuneTiny({ startGradient: false, H: 1 })
    assert.ok(eq12.steps.every(({ gradientNorms: { perStep } }) => perStep.length <= 2))
  })

  it('ft: lowers L_diff, and has no discriminator', async () => {
    const { steps } = await tuneTiny({ method: 'ft', iterations: 120, learningRate: 1e-2, batch: 8 })
    const mean = (part: StepEvent[]) => part.reduce((sum, { losses }) => sum + losses.diffusion!, 0) / part.length
    assert.ok(mean(steps.slice(-20)) < 0.7 * mean(steps.slice(0, 20)))
    assert.ok(steps.every(({ scores, losses }) => scores === null && losses.discriminator === null))
  })

  it('ft: one time for the whole batch makes another run of a batch, and the same of a single image', async () => {
    const weights = async (batch: number, timePer: 'image' | 'batch') =>
      (await tuneTiny({ method: 'ft', batch, timePer })).weights
    assert.deepEqual(await weights(1, 'batch'), await weights(1, 'image'))
    assert.notDeepEqual(await weights(4, 'batch'), await weights(4, 'image'))
  })

  it("ft: draws its times among the sampler's steps when told to, and else does without the sampler", async () => {
    const weights = async (steps: number, more: Partial<TuneSettings> = {}) =>
      (await tuneTiny({ method: 'ft', K: 1, sampler: ddim(linearSchedule(), steps), ...more })).weights
    const ofSampler = { timesOf: 'sampler' } as const
    assert.deepEqual(await weights(4), await weights(5))
    assert.notDeepEqual(await weights(4, ofSampler), await weights(5, ofSampler))
    assert.deepEqual(await weights(1, ofSampler), await weights(1, { ...ofSampler, timePer: 'batch' }))
  })

  it('is the same for the same seed, and another for another', async () => {
    const [a, b, c] = [await tuneTiny(), await tuneTiny(), await tuneTiny({ seed: 1 })]
    assert.deepEqual(a.weights, b.weights)
    assert.notDeepEqual(a.weights, c.weights)
  })

  for (const method of ['adt', 'ft'] as const) {
    it(`${method}: stopped and resumed, it ends with the same weights, bit for bit`, async () => {
      const settings = { method, folder, checkpointEvery: 2, H: 2 }
      const whole = await tuneTiny({ method, H: 2 })
      await tuneTiny(settings, event => event.kind === 'step' && event.iteration === 5)
      const rest = await tuneTiny({ ...settings, resume: true })
      assert.deepEqual(
        rest.steps.map(({ iteration }) => iteration),
        [5, 6],
      )
      assert.deepEqual(rest.weights, whole.weights)
      const numbers = ({ losses, scores, gradientNorms }: StepEvent) => ({ losses, scores, gradientNorms })
      assert.deepEqual(rest.steps.map(numbers), whole.steps.slice(4).map(numbers))
    })
  }

  it('adt with StyleGAN-T’s discriminator scores without a reference, learns, and is resumed bit for bit', async () => {
    const discriminator = { ...given.discriminator, kind: 'single' as const }
    const settings = { discriminator, folder, checkpointEvery: 2, H: 2 }
    const whole = await tuneTiny({ discriminator, H: 2 })
    await tuneTiny(settings, event => event.kind === 'step' && event.iteration === 5)
    const rest = await tuneTiny({ ...settings, resume: true })
    assert.deepEqual(rest.weights, whole.weights)
    const other = await tuneTiny({ discriminator, H: 2, reference: { ...given.data, hash: 'other' } })
    assert.deepEqual(other.weights, whole.weights, 'a reference changes nothing')
    assert.notDeepEqual((await tuneTiny({ H: 2 })).weights, whole.weights)
  })

  it('adt: DRTune’s weights at Eq. 11’s size keep their proportions; the last steps, and an early end', async () => {
    const perStep = async (more: Partial<TuneSettings>) =>
      (await tuneTiny({ H: 1, startGradient: false, seed: 1, ...more })).steps.map(step => step.gradientNorms.perStep)
    const [adt, drtune, matched] = [
      await perStep({}),
      await perStep({ path: 'drtune' }),
      await perStep({ path: 'drtune', matchScale: true }),
    ]
    const size = (steps: { w: number }[]) => Math.hypot(...steps.map(({ w }) => w))
    for (const [i, steps] of matched.entries()) {
      assert.ok(Math.abs(size(steps) - size(adt[i]!)) < 1e-9)
      const ratios = steps.map(({ w }, k) => w / drtune[i]![k]!.w)
      assert.ok(ratios.every(ratio => Math.abs(ratio / ratios[0]! - 1) < 1e-9))
    }
    assert.ok(drtune.some((steps, i) => size(steps) > 1.5 * size(adt[i]!)))
    const last = await perStep({ choose: 'last', K: 1 })
    assert.ok(last.every(steps => steps.length === 1 && steps[0]!.step === 4))
    const early = await perStep({ choose: 'last', K: 1, earlyStop: 4 })
    assert.ok(early.some(steps => steps[0]!.step < 4))
  })

  it('resuming a run that is over gives its weights again', async () => {
    const whole = await tuneTiny({ folder })
    assert.deepEqual((await tuneTiny({ folder, resume: true })).weights, whole.weights)
  })

  it('compiles everything first where XLA does, and then runs the same', async () => {
    const { ADT_JIT } = process.env
    const expected = await tuneTiny()
    process.env.ADT_JIT = 'xla'
    try {
      const { events, weights } = await tuneTiny()
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['start', 'compiling', ...expected.events.slice(1).map(({ kind }) => kind)],
      )
      for (const [name, values] of Object.entries(expected.weights!)) {
        for (const [i, value] of values.entries()) assert.ok(Math.abs(weights![name]![i]! - value) < 1e-4)
      }
    } finally {
      if (ADT_JIT === undefined) delete process.env.ADT_JIT
      else process.env.ADT_JIT = ADT_JIT
    }
  })

  it('an abort saves a checkpoint and ends the run', async () => {
    const controller = new AbortController()
    const settings = { folder, checkpointEvery: 100, signal: controller.signal }
    const { events, weights } = await tuneTiny(settings, event => {
      if (event.kind === 'step' && event.iteration === 3) controller.abort()
      return false
    })
    assert.equal(weights, undefined)
    assert.deepEqual(
      events.map(event => [event.kind, 'iteration' in event && event.iteration]),
      [['start', 1], ...[1, 2, 3].map(i => ['step', i]), ['checkpoint', 3]],
    )
    assert.deepEqual((await tuneTiny({ folder, resume: true })).weights, (await tuneTiny()).weights)
  })

  it('keeps two checkpoints, and removes what an interrupted write left', async () => {
    await tuneTiny({ folder, checkpointEvery: 2 })
    assert.deepEqual(readdirSync(folder).sort(), ['iteration-0000004', 'iteration-0000006'])
  })

  it('in bfloat16 follows the run in float32 nearly, and is not resumed in the other', async () => {
    for (const method of ['adt', 'ft'] as const) {
      const exact = await tuneTiny({ method })
      const rounded = await tuneTiny({ method, precision: 'bfloat16', folder: join(folder, method) })
      const losses = ({ steps }: Outcome) => steps.flatMap(step => Object.values(step.losses).filter(x => x !== null))
      const differences = losses(exact).map((loss, i) => Math.abs(loss - losses(rounded)[i]!) / Math.abs(loss))
      assert.ok(Math.max(...differences) < 0.1, `${differences}`)
      assert.ok(Math.max(...differences) > 1e-5, 'it is not float32')
      await assert.rejects(
        tuneTiny({ method, folder: join(folder, method), resume: true }),
        /other settings: precision \(was "bfloat16", now "float32"\)/,
      )
    }
  })

  it('refuses a folder that holds a run, and to resume with other settings', async () => {
    await tuneTiny({ folder })
    await assert.rejects(tuneTiny({ folder }), /already holds a run; resume it, or choose another folder/)
    await assert.rejects(tuneTiny({ folder, resume: true, K: 1 }), /started with other settings: K \(was 2, now 1\)/)
  })

  it('draws the prompts from the same noise, in as many batches as it takes', async () => {
    const prompts = ['a', 'bb', 'ccc', 'dddd', 'eeeee']
    const { events } = await tuneTiny({ prompts, samplesEvery: 3, learningRate: 1e-9 })
    const samples = events.filter(event => event.kind === 'samples')
    assert.deepEqual(
      samples.map(({ iteration }) => iteration),
      [0, 3, 6],
    )
    const [, first, second] = samples.map(({ images }) => images) as [StepImages, StepImages, StepImages]
    assert.deepEqual(first.shape, [5, 8, 8, 3])
    const difference = first.data.map((value, i) => Math.abs(value - second.data[i]!))
    assert.ok(Math.max(...difference) < 1e-4)
    assert.ok(first.data.some(value => value !== 0))
  })

  it('shows with the samples what the discriminator judged and how, and what the samples should near', async () => {
    const { events, steps } = await tuneTiny({ prompts: ['cap', 'nowhere'], samplesEvery: 4 })
    const judged = events.filter(event => event.kind === 'judged')
    assert.deepEqual(
      judged.map(({ iteration }) => iteration),
      [4, 6],
    )
    const [{ captions, real, generated, realScores, fakeScores }] = judged as [JudgedEvent]
    assert.deepEqual([captions.length, real.shape, generated.shape], [4, [4, 8, 8, 3], [4, 8, 8, 3]])
    assert.deepEqual([realScores, fakeScores], [steps[3]!.realScores, steps[3]!.fakeScores])
    assert.ok([...real.data].every(value => value >= -1 && value <= 1))
    for (const { layerScores, scores, memory } of steps) {
      assert.deepEqual(
        layerScores.map(({ block }) => block),
        [0, 1],
      )
      const mean = (layerScores[0]!.real + layerScores[1]!.real) / 2
      assert.ok(Math.abs(mean - scores!.real) < 1e-5, 'the mean over the layers is the score')
      assert.ok(memory.process > 1e6 && memory.peak! >= memory.used!)
    }
    const references = events.filter(event => event.kind === 'references')
    assert.deepEqual(
      [references.length, references[0]!.prompts, references[0]!.images.shape],
      [1, ['cap'], [1, 8, 8, 3]],
    )
  })

  it('warns when one term swamps the other', async () => {
    const { events } = await tuneTiny({ H: 1, iterations: 12, adversarialWeight: 1e6 })
    const warnings = events.filter(event => event.kind === 'warning')
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!.message, /the adversarial gradient is \d+ times the diffusion term's/)
  })

  it('stops at a number that is not finite and keeps the last checkpoint', async () => {
    const bad = { ...tunable, encode: (captions: string[]) => tf.fill([captions.length, 4], Number.NaN) as tf.Tensor2D }
    await tuneTiny({ folder, checkpointEvery: 2 }, event => event.kind === 'step' && event.iteration === 5)
    const weights = tinyWeights()
    const before = tf.memory().numTensors
    const resumed = run(bad, weights, parseSettings({ ...given, folder, resume: true }))
    await resumed.next()
    await assert.rejects(
      resumed.next(),
      /iteration 5: .* is not finite .* the last good checkpoint is .*iteration-0000004/,
    )
    assert.equal(tf.memory().numTensors, before)
    assert.ok(readdirSync(folder).includes('iteration-0000004'))
    tf.dispose(weights)
  })

  it('frees its tensors when it is left, aborted, or over', async () => {
    await tuneTiny({ prompts: ['a'], samplesEvery: 1 })
    const before = tf.memory().numTensors
    for (const method of ['adt', 'ft'] as const) {
      const settings = { method, prompts: ['a'], samplesEvery: 1 }
      await tuneTiny(settings)
      await tuneTiny(settings, event => event.kind === 'samples')
      await tuneTiny({ ...settings, signal: AbortSignal.abort() })
      await tuneTiny({ ...settings, folder: join(folder, method) })
      await tuneTiny({ ...settings, folder: join(folder, method), resume: true })
      assert.equal(tf.memory().numTensors, before)
    }
  })
})

interface StepImages {
  data: Float32Array
  shape: number[]
}
