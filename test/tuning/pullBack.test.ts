import assert from 'node:assert/strict'
import type { Weights } from '../../src/models/index.js'
import {
  type BackwardPath,
  backwardWeights,
  ddim,
  dpmSolver,
  flowEuler,
  flowSchedule,
  noised,
  type Plan,
  scaledLinearSchedule,
  startAt,
} from '../../src/samplers/index.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'
import {
  createGenerator,
  diffusionCotangent,
  diffusionLoss,
  diffusionTarget,
  gradientsOf,
  pullBack,
  rollout,
  tensors,
} from '../../src/tuning/index.js'
import { encode, size, tinyNetwork, tinyWeights } from './tiny.js'

const captions = ['a', 'bc']
const lambda = 0.7

/** Stops the gradient; the value is copied off the tape. */
const sg = tf.customGrad((...given) => ({
  value: tf.clone(given[0] as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
})) as unknown as (x: tf.Tensor) => tf.Tensor4D

/** Both terms of Eq. 8 by plain automatic differentiation through the whole run: Eq. 11 or Eq. 4 written out. */
function literalGradients(
  plan: Plan,
  path: BackwardPath,
  start: number,
  carriers: Set<number>,
  guidance: number,
  weights: Weights,
  image: tf.Tensor4D,
  noise: tf.Tensor4D,
  cotangent: tf.Tensor4D,
): Weights {
  const none = encode(captions.map(() => ''))
  const conditions = encode(captions)
  const call = (x: tf.Tensor4D, t: number, condition: tf.Tensor2D) =>
    tinyNetwork(weights, x, tf.fill([2], t) as tf.Tensor1D, condition)
  const f = () => {
    let x = noised(tensors, plan.steps[start]!, image, noise)
    let before: { x: tf.Tensor4D; output: tf.Tensor4D } | undefined
    let diffusion: tf.Tensor | undefined
    for (const [k, { t, own, previous }] of startAt(plan, start).steps.entries()) {
      const index = start + k
      const conditional = call(sg(x), t, conditions)
      if (k === 0) {
        const target = diffusionTarget(plan.prediction, plan.steps[start]!.level, image, noise)
        diffusion = diffusionLoss(conditional, target, 'mean')
      }
      const guided = tf.add(tf.mul(call(sg(x), t, none), 1 - guidance), tf.mul(conditional, guidance)) as tf.Tensor4D
      const output = carriers.has(index) ? guided : sg(guided)
      // Eq. 11 takes a step from sg(x), and its history is made of what was stopped; Eq. 4 lets x through
      const from = path === 'adt' ? sg(x) : x
      let step: tf.Tensor = tf.add(tf.mul(from, own.x), tf.mul(output, own.output))
      if (before && previous) {
        step = tf.add(step, tf.add(tf.mul(before.x, previous.x), tf.mul(before.output, previous.output)))
      }
      before = { x: from, output }
      x = path === 'adt' ? (tf.add(x, tf.sub(step, sg(x))) as tf.Tensor4D) : (step as tf.Tensor4D)
    }
    return tf.add(tf.sum(tf.mul(x, cotangent)), tf.mul(diffusion!, lambda)) as tf.Scalar
  }
  return gradientsOf(f, weights).gradients
}

function pulledBack(
  plan: Plan,
  path: BackwardPath,
  start: number,
  carriers: Set<number>,
  guidance: number,
  weights: Weights,
  image: tf.Tensor4D,
  noise: tf.Tensor4D,
  cotangent: tf.Tensor4D,
): Weights {
  const generator = createGenerator(tinyNetwork, guidance)
  const condition = encode(guidance === 1 ? captions : [...captions.map(() => ''), ...captions])
  const x = noised(tensors, plan.steps[start]!, image, noise)
  const { kept, startOutput } = rollout(generator, weights, plan, x, condition, {
    start,
    keep: new Set([start, ...carriers]),
    path,
  })
  assert.deepEqual(
    kept.map(({ w }) => w),
    kept.map(({ index }) => backwardWeights(plan, path, start)[index - start]),
  )
  const target = diffusionTarget(plan.prediction, plan.steps[start]!.level, image, noise)
  const steps = kept.map(step => (carriers.has(step.index) ? step : { ...step, w: 0 }))
  return pullBack(generator, weights, condition, steps, cotangent, {
    conditional: { index: start, cotangent: diffusionCotangent(startOutput, target, 'mean', lambda) },
  }).sum
}

function assertEqualGradients(got: Weights, expected: Weights): void {
  for (const [name, tensor] of Object.entries(expected)) {
    const largest = tf.max(tf.abs(tensor)).dataSync()[0]!
    const error = tf.max(tf.abs(tf.sub(got[name]!, tensor))).dataSync()[0]!
    assert.ok(largest > 1e-4, `${name} has no gradient to compare`)
    assert.ok(error <= 1e-4 * largest, `${name}: off by ${error} of ${largest}`)
  }
}

describe('pulling the gradient back step by step equals automatic differentiation through the run', () => {
  const schedule = scaledLinearSchedule()
  const plans: Record<string, Plan> = {
    DDIM: ddim(schedule, 6),
    'DPM-Solver++': dpmSolver(schedule, 6),
    'flow Euler': flowEuler(flowSchedule(3), 6),
  }
  for (const [name, plan] of Object.entries(plans)) {
    for (const path of ['adt', 'drtune'] as const) {
      for (const guidance of [3, 1]) {
        it(`${name}, ${path}, guidance ${guidance}`, () => {
          tf.tidy(() => {
            const shape: [number, number, number, number] = [2, size, size, 3]
            const [image, noise, cotangent] = [1, 2, 3].map(i => randomNormal(shape, randomKey(9, i))) as [
              tf.Tensor4D,
              tf.Tensor4D,
              tf.Tensor4D,
            ]
            const weights = tinyWeights()
            for (const carriers of [new Set([1, 3, 4]), new Set([2, 5])]) {
              const run = [plan, path, 1, carriers, guidance, weights, image, noise, cotangent] as const
              assertEqualGradients(pulledBack(...run), literalGradients(...run))
            }
          })
        })
      }
    }
  }

  it('leaves no tensor behind but the sum and the norms', () => {
    const weights = tinyWeights()
    const generator = createGenerator(tinyNetwork, 2)
    const condition = encode(['', '', 'a', 'b'])
    const x = randomNormal([2, size, size, 3], randomKey(1)) as tf.Tensor4D
    const before = tf.memory().numTensors
    const options = { start: 0, keep: new Set([0, 3]), path: 'adt' } as const
    const { final, kept, startOutput } = rollout(generator, weights, plans.DDIM!, x, condition, options)
    assert.equal(tf.memory().numTensors, before + 4)
    const { sum, steps } = pullBack(generator, weights, condition, kept, final)
    assert.equal(tf.memory().numTensors, before + 4 + Object.keys(weights).length + 2)
    tf.dispose([final, startOutput, kept.map(({ x }) => x), sum, steps.map(({ norm }) => norm), weights, condition, x])
  })
})
