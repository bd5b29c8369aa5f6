import { join } from 'node:path'
import {
  clipModel,
  clipText,
  clipVision,
  decodeLatents,
  dinov2,
  dinov2Embeddings,
  encodeImage,
  fromModelLatents,
  loadModelFolder,
  type Model,
  sd3Transformer,
  t5Encoder,
  toModelLatents,
  unet2DCondition,
  type Weights,
} from '../../models/index.js'
import { kernelToDisk } from '../../models/weights.js'
import { type JitOptions, jit, tf } from '../../tensorflow/index.js'
import { type CaseArray, readCaseArrays } from './arrays.js'
import type { Comparison } from './compare.js'
import type { CaseJson } from './index.js'

/** Tensors by the name that a case gives them, without `in.` or `out.`. */
type Named = Record<string, tf.Tensor>

/** A component: from the case's inputs (images already NHWC) to its outputs (in torch's layout). */
type Component = (model: Model, inputs: Named, wanted: string[]) => Named

const toNchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2])

const unet: Component = ({ weights, config }, { sample, timestep, encoder_hidden_states, text_embeds, time_ids }) => {
  const added = text_embeds && { textEmbeds: text_embeds as tf.Tensor2D, timeIds: time_ids as tf.Tensor2D }
  const context = encoder_hidden_states as tf.Tensor3D
  return {
    sample: toNchw(unet2DCondition(weights, config, sample as tf.Tensor4D, timestep as tf.Tensor1D, context, added)),
  }
}

const sd3: Component = ({ weights, config }, inputs) => {
  const { hidden_states, timestep, encoder_hidden_states, pooled_projections } = inputs
  const context = encoder_hidden_states as tf.Tensor3D
  const x = hidden_states as tf.Tensor4D
  const pooled = pooled_projections as tf.Tensor2D
  return { sample: toNchw(sd3Transformer(weights, config, x, timestep as tf.Tensor1D, context, pooled)) }
}

const autoencoder: Component = ({ weights, config }, { image, latent }) => {
  const { mean, logVariance } = encodeImage(weights, config, image as tf.Tensor4D)
  const decode = (latents: tf.Tensor) => toNchw(decodeLatents(weights, config, latents as tf.Tensor4D))
  return {
    mean: toNchw(mean),
    logvar: toNchw(logVariance),
    model_latent: toNchw(toModelLatents(config, mean)),
    sample: decode(latent!),
    decoded_model_latent: decode(fromModelLatents(config, latent!)),
  }
}

const text: Component = ({ weights, config }, { input_ids }) => {
  const { hiddenStates, lastHiddenState, pooled, textEmbeds } = clipText(weights, config, input_ids as tf.Tensor2D)
  const states = Object.fromEntries(hiddenStates.map((state, i) => [`hidden_states.${i}`, state]))
  return {
    ...states,
    last_hidden_state: lastHiddenState,
    pooler_output: pooled,
    ...(textEmbeds && { text_embeds: textEmbeds }),
  }
}

const t5: Component = ({ weights, config }, { input_ids }) => {
  const { hiddenStates, lastHiddenState } = t5Encoder(weights, config, input_ids as tf.Tensor2D)
  const states = Object.fromEntries(hiddenStates.map((state, i) => [`hidden_states.${i}`, state]))
  return { ...states, last_hidden_state: lastHiddenState }
}

const vision: Component = ({ weights, config }, { pixel_values }) => {
  const { lastHiddenState, imageEmbeds } = clipVision(weights, config, pixel_values as tf.Tensor4D)
  return { last_hidden_state: lastHiddenState, image_embeds: imageEmbeds }
}

const clip: Component = ({ weights, config }, { pixel_values, input_ids }) => {
  const output = clipModel(weights, config, pixel_values as tf.Tensor4D, input_ids as tf.Tensor2D)
  const cosine = tf.sum(tf.mul(output.imageEmbeds, output.textEmbeds), 1)
  return {
    image_embeds: output.imageEmbeds,
    text_embeds: output.textEmbeds,
    logits_per_image: output.logitsPerImage,
    cosine,
    hps_percent: tf.mul(cosine, 100),
    clip_score: tf.reshape(tf.mean(cosine), [1]),
  }
}

const dino: Component = ({ weights, config }, { pixel_values }, wanted) => {
  const pixels = pixel_values as tf.Tensor4D
  const blocks = wanted.flatMap(name => (name.startsWith('block.') ? [Number(name.slice(6))] : []))
  const output = dinov2(weights, config, pixels, { blocks })
  return {
    ...Object.fromEntries(blocks.map((block, i) => [`block.${block}`, output.blocks[i]!])),
    embeddings: dinov2Embeddings(weights, config, pixels),
    last_hidden_state: output.lastHiddenState,
    pooler_output: output.pooled,
  }
}

const runners: Record<string, Component> = {
  UNet2DConditionModel: unet,
  SD3Transformer2DModel: sd3,
  AutoencoderKL: autoencoder,
  CLIPTextModel: text,
  CLIPTextModelWithProjection: text,
  T5EncoderModel: t5,
  CLIPVisionModelWithProjection: vision,
  CLIPModel: clip,
  Dinov2Model: dino,
}

/** The networks that are verified here, by class. */
export const components = Object.keys(runners)

/**
 * Runs a network's case: every output, and the gradient of Σ cotangent·output with respect to every input and parameter
 * that the case holds a gradient of.
 */
export async function run(
  caseFolder: string,
  { component }: CaseJson,
  options: JitOptions = {},
): Promise<{ values: Map<string, Comparison> }> {
  const arrays = await readCaseArrays(join(caseFolder, 'io.safetensors'))
  const { config, className, weights } = await loadModelFolder(caseFolder, { className: component })
  const inputs = part(arrays, 'in.', toTensor)
  const cotangents = part(arrays, 'cotangent.', ({ data, shape }) => tf.tensor(Float32Array.from(data), shape))
  const wanted = Object.keys(part(arrays, 'out.', array => array))
  const gradientNames = Object.keys(part(arrays, 'vjp.', array => array))

  const compute = jit((weights: Weights, inputs: Named, cotangents: Named) => {
    const evaluate = (weights: Weights, inputs: Named) =>
      runners[component]!({ config, className, weights }, inputs, wanted)
    return {
      outputs: evaluate(weights, inputs),
      gradients: pullBack(evaluate, weights, inputs, cotangents, gradientNames),
    }
  }, options)
  const { outputs, gradients } = compute(weights, inputs, cotangents)

  const values = new Map<string, Comparison>()
  const add = (name: string, kind: Comparison['kind'], tensor: tf.Tensor) =>
    values.set(name, { got: tensor.dataSync(), reference: arrays.get(name)!.data, kind })
  for (const name of wanted) if (outputs[name]) add(`out.${name}`, 'out', outputs[name])
  for (const [name, gradient] of Object.entries(gradients)) add(`vjp.${name}`, 'vjp', gradient)
  tf.dispose([weights, inputs, cotangents, outputs, gradients])
  return { values }
}

/** The gradients of Σ cotangent·output that `names` (`in.NAME`, `param.NAME`) ask for, in torch's layout. */
function pullBack(
  evaluate: (weights: Weights, inputs: Named) => Named,
  weights: Weights,
  inputs: Named,
  cotangents: Named,
  names: string[],
): Named {
  if (names.length === 0) return {}
  const variables = names.map(name => {
    const variable = name.startsWith('in.') ? inputs[name.slice(3)] : weights[name.slice(6)]
    if (!variable) throw new Error(`io.safetensors: vjp.${name} is the gradient of something that the network lacks`)
    return variable
  })
  const loss = (...values: tf.Tensor[]) => {
    const named = names.map((name, i) => [name, values[i]!] as const)
    const given = (prefix: string) =>
      Object.fromEntries(
        named.flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
      )
    const outputs = evaluate({ ...weights, ...given('param.') }, { ...inputs, ...given('in.') })
    return tf.addN(Object.entries(cotangents).map(([name, cotangent]) => tf.sum(tf.mul(cotangent, outputs[name]!))))
  }
  const gradients = tf.grads(loss)(variables)
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      name.startsWith('param.') ? kernelToDisk(gradients[i]!) : imageToDisk(gradients[i]!),
    ]),
  )
}

function part<T>(arrays: Map<string, CaseArray>, prefix: string, convert: (array: CaseArray) => T): Record<string, T> {
  const entries = [...arrays].filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(entries.map(([name, array]) => [name.slice(prefix.length), convert(array)]))
}

/** An input as the networks take it: integers as int32, images NHWC. */
function toTensor({ data, shape }: CaseArray): tf.Tensor {
  if (data instanceof Int32Array) return tf.tensor(data, shape, 'int32')
  return tf.tidy(() => {
    const tensor = tf.tensor(Float32Array.from(data), shape)
    return shape.length === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
  })
}

const imageToDisk = (gradient: tf.Tensor) => (gradient.rank === 4 ? toNchw(gradient) : tf.clone(gradient))
