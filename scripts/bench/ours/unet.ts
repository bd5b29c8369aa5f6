/** Our side of the unet bench, made of the library's own compiled calls. */

import { unet2DCondition, type Weights } from '../../../src/models/index.js'
import { noised } from '../../../src/samplers/index.js'
import { devices, forgetPeak, memory, tf, useTensorFloat32 } from '../../../src/tensorflow/index.js'
import {
  adamwNumbers,
  createGenerator,
  diffusionCotangent,
  mapWeights,
  pullBack,
  rollout,
  tensors,
  zeroMoments,
} from '../../../src/tuning/index.js'
import { scope } from '../../../src/tuning/scope.js'
import type { GeneratorState } from '../../../src/tuning/state.js'
import { createUpdate } from '../../../src/tuning/update.js'
import type { UNetRequest } from '../unetRequest.js'
import { norm, numbers, spots, weightsOf } from './numbers.js'
import { watchResident } from './resident.js'
import { seconds, serve } from './serve.js'

type Check = Record<string, number | number[]>

/** A part: what it computes once, for the check, and again and again. */
interface Task {
  first(): Promise<Check>
  again(): void
  /** Frees what it holds. */
  end(): void
}

let task: Task | undefined

await serve({
  async prepare(request: UNetRequest) {
    task?.end()
    useTensorFloat32(request.precision !== 'float32')
    const { part } = request
    task = part === 'forward' ? forward(request) : part === 'pull-back' ? pullingBack(request) : iteration(request)
    const began = performance.now()
    const check = await task.first()
    const taken = (performance.now() - began) / 1000
    // A whole iteration warms itself up.
    if (part !== 'iteration') task.again()
    return { check, 'first call': taken }
  },
  async measure() {
    const peak = watchPeak()
    const time = 1000 * (await seconds(() => task!.again()))
    return { time, ...peak() }
  },
})

/**
 * MiB at most from now on: `peak` of the device that computes (of the process where that is the processor), `update` of
 * what TensorFlow's allocator hands out beyond what it has handed out already.
 */
function watchPeak(): () => { peak: number; update: number } {
  const gpu = devices().some(({ type }) => type === 'GPU')
  const resident = watchResident()
  const device = () => {
    const statistics = memory().device
    if (!statistics) throw new Error('This TensorFlow does not tell what its allocator has handed out.')
    return statistics
  }
  forgetPeak()
  const { used } = device()
  return () => {
    const { peak } = device()
    return { peak: gpu ? peak / 2 ** 20 : resident(), update: (peak - used) / 2 ** 20 }
  }
}

function inputs({ batch, side, contextTokens, config }: UNetRequest) {
  const { in_channels: channels, cross_attention_dim: contextChannels } = config as Record<string, number>
  const shape: [number, number, number, number] = [batch, side, side, channels!]
  return {
    x: numbers<tf.Rank.R4>(shape, Math.sqrt(3), 1),
    t: tf.scalar(501),
    context: (rows: number) => numbers<tf.Rank.R3>([rows, contextTokens, contextChannels!], Math.sqrt(3), 2),
    cotangent: numbers<tf.Rank.R4>(shape, 1, 3),
    noise: numbers<tf.Rank.R4>(shape, Math.sqrt(3), 4),
  }
}

function generatorOf({ config, precision }: UNetRequest, guidance: number) {
  const network = (weights: Weights, x: tf.Tensor4D, t: tf.Tensor1D, context: tf.Tensor3D) =>
    unet2DCondition(weights, config, x, t, context)
  return createGenerator(network, guidance, { precision: precision === 'bf16' ? 'bfloat16' : 'float32' })
}

function forward(request: UNetRequest): Task {
  const weights = weightsOf(request.filling)
  const { x, t, context } = inputs(request)
  const condition = context(request.batch)
  const generator = generatorOf(request, 1)
  const run = () => {
    const { guided, conditional } = generator.predict(weights, x, t, condition)
    conditional.dispose()
    return guided
  }
  return {
    async first() {
      const output = run()
      const check = { output: spots(output) }
      output.dispose()
      return check
    },
    again() {
      const output = run()
      output.dataSync()
      output.dispose()
    },
    end: () => tf.dispose([weights, x, t, condition]),
  }
}

function pullingBack(request: UNetRequest): Task {
  const weights = weightsOf(request.filling)
  const { x, t, context, cotangent } = inputs(request)
  const condition = context(request.batch)
  const none = tf.zerosLike(cotangent)
  const generator = generatorOf(request, 1)
  let sum = mapWeights(tf.zerosLike, weights)
  const run = () => {
    const pulled = generator.pullBack(weights, x, t, condition, { guided: cotangent, conditional: none }, sum)
    tf.dispose(sum)
    sum = pulled.sum
    const length = pulled.norm.dataSync()[0]!
    pulled.norm.dispose()
    return length
  }
  return {
    first: async () => ({ norm: run(), ...gradientCheck(sum) }),
    again: run,
    end: () => tf.dispose([weights, x, t, condition, cotangent, none, sum]),
  }
}

function iteration(request: UNetRequest): Task {
  const { plan, start, sampled, weights: backward, guidance, lambda, optimizer } = request.iteration
  const weights = weightsOf(request.filling)
  const { x: image, t, context, cotangent, noise } = inputs(request)
  t.dispose()
  const condition = context(2 * request.batch)
  const generator = generatorOf(request, guidance)
  const update = createUpdate(optimizer, 0)
  let state: GeneratorState = { weights, average: mapWeights(tf.clone, weights), moments: zeroMoments(weights) }
  let step = 0
  const run = (look: (final: tf.Tensor4D, sum: Weights) => void = () => undefined) => {
    const { next, gradientNorm } = scope(() => {
      const { weights } = state
      const x = noised(tensors, plan.steps[start]!, image, noise)
      const keep = new Set([start, ...sampled])
      const rolled = rollout(generator, weights, plan, x, condition, { start, keep, path: 'adt' })
      const kept = rolled.kept.map(each => ({ ...each, w: backward[each.index - start]! }))
      const conditional = { index: start, cotangent: diffusionCotangent(rolled.startOutput, noise, 'mean', lambda) }
      const { sum } = pullBack(generator, weights, condition, kept, cotangent, { conditional })
      look(rolled.final, sum)
      const { state: next, gradientNorm } = update(state, sum, adamwNumbers(optimizer.rate, ++step, optimizer))
      return { next, gradientNorm }
    })
    tf.dispose([state.weights, state.average, state.moments.mean, state.moments.square])
    state = next
    const length = gradientNorm.dataSync()[0]!
    gradientNorm.dispose()
    return length
  }
  return {
    async first() {
      const compiling: Promise<unknown>[] = []
      tf.tidy(() => {
        const { weights } = state
        const t = tf.scalar(plan.steps[0]!.t)
        compiling.push(
          generator.pullBack.ready(weights, image, t, condition, { guided: image, conditional: image }, weights),
          generator.predict.ready(weights, image, t, condition),
          update.ready(state, weights, adamwNumbers(0, 1, optimizer)),
        )
      })
      await Promise.all(compiling)
      const check: Check = {}
      check.norm = run((final, sum) => Object.assign(check, { final: spots(final), ...gradientCheck(sum) }))
      return check
    },
    again: () => run(),
    end: () => tf.dispose([state, image, condition, cotangent, noise] as unknown as tf.TensorContainer),
  }
}

/** The whole gradient's length, and some of its elements. */
function gradientCheck(sum: Weights): Check {
  return {
    gradient: norm(Object.values(sum)),
    'gradient of conv_out.bias': Array.from(sum['conv_out.bias']!.dataSync()),
    'gradient of mid_block': spots(sum['mid_block.resnets.0.conv1.bias']!),
    'gradient of attention': spots(sum['mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight']!),
  }
}
