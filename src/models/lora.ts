import { join } from 'node:path'
import { tf } from '../tensorflow/index.js'
import type { DenoiserNetwork } from './denoise.js'
import { parseJson } from './files.js'
import { initWeights, type Parameters } from './parameters.js'
import { openSafetensors, type TensorToWrite, writeSafetensors } from './safetensors.js'
import type { Weights } from './weights.js'

/** The projections of attention, which diffusers' own LoRA recipes tune: the text's too in Stable Diffusion 3. */
const target = /\.attn\d?\.(to_[qkv]|to_out\.0|add_[qkv]_proj|to_add_out)\.weight$/
const fileName = 'pytorch_lora_weights.safetensors'

const factors = (name: string) => {
  const layer = name.slice(0, -'.weight'.length)
  return { down: `${layer}.lora_A.weight`, up: `${layer}.lora_B.weight` }
}

/**
 * The start of low-rank tuning (Hu et al. 2022): for each attention projection W [out, in] factors A [rank, in], drawn as peft
 * draws them, and B [out, rank], zero, under peft's names.
 *
 * @param weights of the network
 * @throws RangeError when the rank is no whole number or larger than a layer
 */
export function initLora(weights: Weights, rank: number, seed: number): Weights {
  const parameters: Parameters = {}
  for (const [name, tensor] of Object.entries(weights)) {
    if (!target.test(name)) continue
    const [outputs, inputs] = tensor.shape as [number, number]
    if (!Number.isInteger(rank) || rank < 1 || rank > Math.min(inputs, outputs)) {
      throw new RangeError(`lora: a rank of ${rank} does not fit ${name}, which is [${tensor.shape}]`)
    }
    const { down, up } = factors(name)
    parameters[down] = { shape: [rank, inputs], init: { uniform: 1 / Math.sqrt(inputs) } }
    parameters[up] = { shape: [outputs, rank], init: { constant: 0 } }
  }
  if (Object.keys(parameters).length === 0) throw new Error('lora: the network has no attention projections')
  return initWeights(parameters, seed)
}

/** The network's weights with W + B·A in place of each W that has factors: new tensors for those, the same for others. */
export function withLora(weights: Weights, lora: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => {
      const { down, up } = factors(name)
      const [a, b] = [lora[down], lora[up]]
      return [name, a && b ? tf.add(tensor, tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D)) : tensor]
    }),
  )
}

const prefixOf = ({ className }: Pick<DenoiserNetwork, 'className'>) =>
  className === 'SD3Transformer2DModel' ? 'transformer.' : 'unet.'

/** Saves factors as diffusers' `load_lora_weights` reads them: `pytorch_lora_weights.safetensors` in a folder. */
export async function saveLora(
  folder: string,
  network: Pick<DenoiserNetwork, 'className'>,
  lora: Weights,
): Promise<void> {
  const tensors = Object.entries(lora).map(([name, tensor]): [string, TensorToWrite] => {
    const data = async () => (await tensor.data()) as Float32Array
    return [prefixOf(network) + name, { dtype: 'F32', shape: tensor.shape, data }]
  })
  await writeSafetensors(join(folder, fileName), Object.fromEntries(tensors), { format: 'pt' })
}

/**
 * Loads factors that diffusers or `saveLora` saved. Where the file says that peft multiplies them by alpha/rank, so are they here.
 *
 * @throws Error naming the file and the tensor that is not the network's
 */
export async function loadLora(
  folder: string,
  network: Pick<DenoiserNetwork, 'className'>,
  weights: Weights,
): Promise<Weights> {
  const file = await openSafetensors(join(folder, fileName))
  const prefix = prefixOf(network)
  const expected = new Map(
    Object.entries(weights).flatMap(([name, { shape }]) => {
      const { down, up } = factors(name)
      return [
        [down, shape[1]],
        [up, shape[0]],
      ]
    }),
  )
  const lora: Weights = {}
  try {
    for (const [stored, { shape }] of Object.entries(file.entries)) {
      const name = stored.startsWith(prefix) ? stored.slice(prefix.length) : ''
      const outer = name.endsWith('lora_A.weight') ? shape[1] : shape[0]
      if (expected.get(name) !== outer || shape.length !== 2)
        throw new Error(`${file.file}: "${stored}" [${shape}] belongs to no layer of this ${network.className}`)
    }
    const scale = scaleOf(file.metadata, prefix, file.file)
    for (const stored of Object.keys(file.entries)) {
      const { shape, data } = await file.read(stored)
      const factor = stored.endsWith('lora_B.weight') ? scale : 1
      lora[stored.slice(prefix.length)] = tf.tensor(
        Float32Array.from(data as ArrayLike<number>, x => x * factor),
        shape,
      )
    }
    return lora
  } catch (error) {
    tf.dispose(lora)
    throw error
  } finally {
    await file.close()
  }
}

/** What peft multiplies B·A by: `lora_alpha`/`r` of the settings that diffusers keeps in the header; 1 without them. */
function scaleOf({ lora_adapter_metadata: text }: Record<string, string>, prefix: string, file: string): number {
  if (text === undefined) return 1
  const settings = (parseJson(text, `${file}: lora_adapter_metadata is`) ?? {}) as Record<string, unknown>
  const [alpha, rank] = ['lora_alpha', 'r'].map(name => settings[prefix + name])
  const patterns = ['alpha_pattern', 'rank_pattern'].map(name => Object.keys(settings[prefix + name] ?? {}).length)
  const isPlain = patterns.every(count => count === 0) && settings[`${prefix}use_rslora`] !== true
  if (typeof alpha !== 'number' || typeof rank !== 'number' || !isPlain) {
    throw new Error(`${file}: only factors with one "lora_alpha" and "r" for all layers are read; merge them with peft`)
  }
  return alpha / rank
}
