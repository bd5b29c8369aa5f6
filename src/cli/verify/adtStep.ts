/** Evaluates a golden case of component `adt_step` with the trainer's own rollout and pull-back. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadModelFolder, type Model, sd3Transformer, unet2DCondition, type Weights } from '../../models/index.js'
import { kernelToDisk } from '../../models/weights.js'
import {
  type BackwardPath,
  backwardWeights,
  noised,
  type SchedulerConfig,
  samplerFromConfig,
} from '../../samplers/index.js'
import { type JitOptions, tf } from '../../tensorflow/index.js'
import {
  createGenerator,
  diffusionCotangent,
  diffusionLoss,
  diffusionTarget,
  type Generator,
  type KeptStep,
  type Network,
  type PullBackOptions,
  pullBack,
  rollout,
  tensors,
} from '../../tuning/index.js'
import { type CaseArray, caseArray, readCaseArrays } from './arrays.js'
import type { CaseJson, Comparison } from './index.js'

/** Values of case.json's `component` that are run here. */
export const components = ['adt_step']

interface Options {
  model: string
  scheduler: { class: string; config: SchedulerConfig }
  steps: number
  start_index: number
  S_indices: number[]
  lambda: number
  cfg_gamma: number
}

/** A network, and the parts of its condition: a case has each as `in.cond…` and `in.uncond…`. */
interface Runner {
  network: Network<Inputs>
  inputs: string[]
}

type Inputs = { [name: string]: tf.Tensor }

const runners: Record<string, (model: Model) => Runner> = {
  UNet2DConditionModel: ({ config }) => ({
    network: (weights, x, t, { '': context }) => unet2DCondition(weights, config, x, t, context as tf.Tensor3D),
    inputs: [''],
  }),
  SD3Transformer2DModel: ({ config }) => ({
    network: (weights, x, t, { '': context, _pooled: pooled }) =>
      sd3Transformer(weights, config, x, t, context as tf.Tensor3D, pooled as tf.Tensor2D),
    inputs: ['', '_pooled'],
  }),
}

/**
 * Runs one training step of the trainer on a case.
 * @param caseFolder folder of the case; its network's folder lies beside it
 * @throws Error naming the network's class when it is not there yet
 */
export async function run(
  caseFolder: string,
  caseJson: CaseJson,
  jitOptions: JitOptions = {},
): Promise<{ values: Map<string, Comparison> }> {
  const options = caseJson.options as unknown as Options
  const arrays = await readCaseArrays(join(caseFolder, 'io.safetensors'))
  const folder = [join(dirname(caseFolder), options.model), join(caseFolder, options.model)].find(existsSync)
  if (!folder) throw new Error(`case.json: options.model: there is no folder ${options.model} beside the case`)
  const model = await loadModelFolder(folder)
  const runner = runners[model.className]
  if (!runner) throw new Error(`options.model: a ${model.className} cannot be tuned here`)
  const values = new Map<string, Comparison>()
  const add = (name: string, got: ArrayLike<number>, kind: 'out' | 'vjp') => {
    const reference = arrays.get(name)
    if (reference) values.set(name, { got, reference: reference.data, kind })
  }
  tf.tidy(() => evaluate(runner(model), model.weights, arrays, options, jitOptions, add))
  tf.dispose(model.weights)
  return { values }
}

function evaluate(
  { network, inputs }: Runner,
  weights: Weights,
  arrays: Map<string, CaseArray>,
  { scheduler, steps, start_index: start, S_indices: sampled, lambda, cfg_gamma: guidance }: Options,
  jitOptions: JitOptions,
  add: (name: string, got: ArrayLike<number>, kind: 'out' | 'vjp') => void,
): void {
  const input = (name: string) => toTensor(caseArray(arrays, `in.${name}`))
  const plan = samplerFromConfig(scheduler.config, steps, scheduler.class)
  const [image, noise, c] = [image4d(input('x0')), image4d(input('noise')), image4d(input('c'))]
  // Unconditional rows first; without guidance there are none.
  const halves = guidance === 1 ? ['cond'] : ['uncond', 'cond']
  const condition: Inputs = Object.fromEntries(
    inputs.map(name => [name, tf.concat(halves.map(half => input(half + name)))]),
  )
  const compiled = createGenerator(network, guidance, jitOptions)
  const outputs: tf.Tensor4D[] = []
  const generator: Generator<typeof condition> = {
    ...compiled,
    predict: (...call) => {
      const prediction = compiled.predict(...call)
      outputs.push(tf.clone(prediction.guided))
      return prediction
    },
  }

  const x = noised(tensors, plan.steps[start]!, image, noise)
  const keep = new Set(plan.steps.keys())
  const { final, kept, startOutput } = rollout(generator, weights, plan, x, condition, { start, keep, path: 'adt' })
  const target = diffusionTarget(plan.prediction, plan.steps[start]!.level, image, noise)
  const path = (name: BackwardPath) => backwardWeights(plan, name, start)
  add('out.x_ts', numbers(x), 'out')
  for (const [k, { index, x }] of kept.entries()) {
    add(`out.x.${index}`, numbers(x), 'out')
    add(`out.net.${index}`, numbers(outputs[k]!), 'out')
  }
  add('out.x_final', numbers(final), 'out')
  add('out.W_adt', path('adt'), 'out')
  add('out.W_drtune', path('drtune'), 'out')
  add('out.loss_adv', tf.neg(tf.sum(tf.mul(c, final))).dataSync(), 'out')
  add('out.loss_diff', diffusionLoss(startOutput, target, 'mean').dataSync(), 'out')

  const gradient = tf.neg(c) as tf.Tensor4D
  const addGradients = (name: string, steps: KeptStep[], options: PullBackOptions = {}): Weights => {
    const { sum } = pullBack(generator, weights, condition, steps, gradient, options)
    for (const [parameter, tensor] of Object.entries(sum)) {
      add(`grad.${name}.${parameter}`, kernelToDisk(tensor).dataSync(), 'vjp')
    }
    return sum
  }
  const weighted = (name: BackwardPath, indices: number[]): KeptStep[] =>
    kept.filter(({ index }) => indices.includes(index)).map(step => ({ ...step, w: path(name)[step.index - start]! }))
  const unweighted = kept.filter(({ index }) => index === start).map(step => ({ ...step, w: 0 }))
  const ofDiffusion = (weight: number) => ({
    conditional: { index: start, cotangent: diffusionCotangent(startOutput, target, 'mean', weight) },
  })
  const sum = addGradients('adt', weighted('adt', sampled))
  addGradients('adt_with_start', sampled.includes(start) ? [] : weighted('adt', [start]), { sum })
  addGradients('drtune', weighted('drtune', sampled))
  addGradients('diff', unweighted, ofDiffusion(1))
  // L_diff is of the start step, which may be one of those sampled.
  const others = sampled.includes(start) ? [] : unweighted
  addGradients('total', [...others, ...weighted('adt', sampled)], ofDiffusion(lambda))
}

function toTensor({ shape, data }: CaseArray): tf.Tensor {
  return tf.tensor(Float32Array.from(data), shape)
}

/** Images come with channels first. */
function image4d(tensor: tf.Tensor): tf.Tensor4D {
  return tf.transpose(tensor, [0, 2, 3, 1]) as tf.Tensor4D
}

function numbers(image: tf.Tensor4D): ArrayLike<number> {
  return tf.transpose(image, [0, 3, 1, 2]).dataSync()
}
