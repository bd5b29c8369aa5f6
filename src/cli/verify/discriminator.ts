import { join } from 'node:path'
import { brightness, contrast, cutout, saturation, translation } from '../../discriminator/diffAugment.js'
import {
  discriminatorLoss,
  generatorLoss,
  headForward,
  isBuffer,
  powerIteration,
  similarity,
} from '../../discriminator/index.js'
import { tf } from '../../tensorflow/index.js'
import { type CaseArray, caseArray, readCaseArrays } from './arrays.js'
import type { Comparison } from './compare.js'
import type { CaseJson } from './index.js'
import { outputsAndVjps, scoped, toTensor, vjps } from './tensors.js'

type Arrays = Map<string, CaseArray>
type Values = Map<string, Comparison>
type Leaves = Record<string, tf.Tensor>

export const components = ['DiscriminatorHead', 'DiffAugment', 'AdversarialLosses']

export async function run(caseFolder: string, caseJson: CaseJson): Promise<{ values: Values }> {
  const arrays = await readCaseArrays(join(caseFolder, 'io.safetensors'))
  if (caseJson.component === 'DiffAugment') return { values: scoped(() => augmentation(arrays)) }
  if (caseJson.component === 'AdversarialLosses') return { values: scoped(() => losses(arrays)) }
  const parameters = await readCaseArrays(join(caseFolder, 'model.safetensors'))
  return { values: scoped(() => head(arrays, parameters, caseJson.options?.power_iteration === true)) }
}

function head(arrays: Arrays, parameters: Arrays, iterate: boolean): Values {
  const stored = Object.fromEntries([...parameters].map(([name, array]) => [name, toTensor(array)]))
  const buffers = iterate ? powerIteration(stored) : {}
  const leaves: Leaves = { 'in.x': toTensor(caseArray(arrays, 'in.x')) }
  for (const [name, tensor] of Object.entries({ ...stored, ...buffers })) leaves[`param.${name}`] = tensor
  return outputsAndVjps(arrays, leaves, ({ 'in.x': x, ...given }) => {
    const weights = Object.fromEntries(
      Object.entries(given).map(([name, tensor]) => [name.slice('param.'.length), tensor]),
    )
    const z = headForward(weights, '', channelsLast(x!) as tf.Tensor3D)
    const vectors = Object.entries(weights).filter(([name]) => isBuffer(name))
    return { z: channelsFirst(z), ...Object.fromEntries(vectors) }
  })
}

function augmentation(arrays: Arrays): Values {
  const inputs = [...arrays.keys()].filter(name => name.startsWith('in.'))
  const groups = [...new Set(inputs.map(name => name.split('.')[1]!))]
  const leaves = Object.fromEntries(inputs.map(name => [name, toTensor(caseArray(arrays, name))]))
  return outputsAndVjps(arrays, leaves, given => {
    const outputs: Leaves = {}
    for (const group of groups) {
      const draw = (name: string) => given[`in.${group}.${name}`] as tf.Tensor1D
      const stages: [string, (x: tf.Tensor4D) => tf.Tensor4D][] = [
        ['brightness', x => brightness(x, draw('brightness'))],
        ['saturation', x => saturation(x, draw('saturation'))],
        ['contrast', x => contrast(x, draw('contrast'))],
        ['translation', x => translation(x, draw('shift_rows'), draw('shift_cols'))],
        ['image', x => cutout(x, draw('cutout_rows'), draw('cutout_cols'))],
      ]
      let x = channelsLast(given[`in.${group}.image`]!) as tf.Tensor4D
      for (const [name, stage] of stages) {
        x = stage(x)
        outputs[`${group}.${name}`] = channelsFirst(x)
      }
    }
    return outputs
  })
}

function losses(arrays: Arrays): Values {
  const inputs = [...arrays.keys()].filter(name => name.startsWith('in.'))
  const leaves = Object.fromEntries(inputs.map(name => [name, toTensor(caseArray(arrays, name))]))
  const f = (given: Leaves): Leaves => {
    const [real, fake] = [given['in.real'], given['in.fake']] as tf.Tensor2D[]
    const [image, reference] = ['in.z_image', 'in.z_reference'].map(name => channelsLast(given[name]!)) as tf.Tensor3D[]
    return {
      d_loss: discriminatorLoss(real!, fake!),
      g_loss: generatorLoss(fake!),
      score_flat: similarity(image!, reference!, 'flat'),
      score_token_mean: similarity(image!, reference!, 'token'),
    }
  }
  const values = outputsAndVjps(arrays, leaves, f)
  // Here every output has gradients of its own: vjp.OUTPUT.in.NAME.
  for (const output of Object.keys(f(leaves))) {
    const wanted = inputs.filter(name => arrays.has(`vjp.${output}.${name}`))
    for (const [name, product] of Object.entries(vjps(f, leaves, wanted, arrays, [output]))) {
      const { data: reference } = caseArray(arrays, `vjp.${output}.${name}`)
      values.set(`vjp.${output}.${name}`, { got: product.dataSync(), reference, kind: 'vjp' })
    }
  }
  return values
}

/** [batch, channels, …] → [batch, …, channels] */
function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1])
}

/** [batch, …, channels] → [batch, channels, …] */
function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)])
}
