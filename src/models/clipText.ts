import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { clipEncoder, clipEncoderParameters, encoderFields } from './clipEncoder.js'
import { configParser, count, type ModelConfig } from './config.js'
import { linear } from './layers.js'
import { layerNorm } from './norms.js'
import { initWeights, linearParameters, normParameters, type Parameters, parameter, together } from './parameters.js'
import { type Weights, weight } from './weights.js'

/** A CLIPTextModel's config.json, with transformers' defaults. */
const textConfig = configParser(
  'CLIPTextModel',
  z.object({
    ...encoderFields,
    num_attention_heads: count.default(8),
    hidden_size: count.default(512),
    intermediate_size: count.default(2048),
    projection_dim: count.default(512),
    vocab_size: count.default(49408),
    max_position_embeddings: count.default(77),
    eos_token_id: z.number().int().default(49407),
  }),
)

/** What the text tower gives. */
export interface ClipTextOutput {
  /** the embeddings, then the output of each layer: [B, T, C] each */
  hiddenStates: tf.Tensor3D[]
  /** after the final layer norm: what Stable Diffusion 1.x attends to */
  lastHiddenState: tf.Tensor3D
  /** of the end token, [B, C] */
  pooled: tf.Tensor2D
  /** its projection, where the weights have one: [B, projection_dim] */
  textEmbeds?: tf.Tensor2D
}

/**
 * CLIP's text encoder (transformers' CLIPTextModel and CLIPTextModelWithProjection).
 *
 * @param weights by transformers' names, with or without the prefix `text_model.`
 * @param config the model's config.json
 * @param ids token ids, int32 [B, T], T ≤ max_position_embeddings
 * @throws RangeError for longer texts
 */
export function clipText(weights: Weights, config: ModelConfig, ids: tf.Tensor2D): ClipTextOutput {
  const { layer_norm_eps: epsilon, max_position_embeddings: longest, ...parsed } = textConfig(config)
  const [batch, length] = ids.shape
  if (length > longest) throw new RangeError(`texts of ${length} tokens, but max_position_embeddings is ${longest}`)
  const prefix = textPrefix(weights)
  return tf.tidy(() => {
    const tokens = tf.gather(weight(weights, `${prefix}embeddings.token_embedding.weight`), ids)
    const positions = weight(weights, `${prefix}embeddings.position_embedding.weight`) as tf.Tensor2D
    const x = tf.add(tokens, length === longest ? positions : tf.slice(positions, 0, length)) as tf.Tensor3D
    const encoder = { ...parsed, layer_norm_eps: epsilon }
    const hiddenStates = clipEncoder(weights, `${prefix}encoder`, x, encoder, causalMask(length))
    const lastHiddenState = layerNorm(weights, `${prefix}final_layer_norm`, hiddenStates.at(-1)!, epsilon)
    const rows = tf.add(endPositions(ids, parsed.eos_token_id), tf.range(0, batch * length, length, 'int32'))
    const pooled = tf.gather(tf.reshape(lastHiddenState, [batch * length, -1]), rows as tf.Tensor1D) as tf.Tensor2D
    const output = { hiddenStates, lastHiddenState, pooled }
    if (!weights['text_projection.weight']) return output
    return { ...output, textEmbeds: linear(weights, 'text_projection', pooled) as tf.Tensor2D }
  }) as ClipTextOutput
}

/** Published checkpoints put `text_model.` before every name; transformers 5 saves a CLIPTextModel without it. */
const textPrefix = (names: Record<string, unknown>) =>
  'embeddings.token_embedding.weight' in names ? '' : 'text_model.'

/**
 * Where each text ends: at the first `eos_token_id`. Configurations from before transformers kept the right id say 2;
 * for them it is the first largest id, which CLIP's vocabulary gives to the end token.
 */
function endPositions(ids: tf.Tensor2D, eosTokenId: number): tf.Tensor1D {
  const length = ids.shape[1]
  const isEnd = tf.equal(ids, eosTokenId === 2 ? tf.max(ids, 1, true) : eosTokenId)
  // Larger for earlier positions, so that the first match is the only maximum.
  return tf.argMax(tf.mul(tf.cast(isEnd, 'int32'), tf.range(length, 0, -1, 'int32')), 1)
}

function causalMask(length: number): tf.Tensor2D {
  const mask = new Float32Array(length * length)
  for (let row = 0; row < length; row++) mask.fill(-1e9, row * length + row + 1, (row + 1) * length)
  return tf.tensor2d(mask, [length, length])
}

/**
 * Every parameter that the config implies.
 *
 * @param projection whether there is a `text_projection` (CLIPTextModelWithProjection, CLIPModel)
 * @param names names that a file holds: they decide whether the prefix is there
 */
export function clipTextParameters(
  config: ModelConfig,
  { projection = false, names = {} }: { projection?: boolean; names?: Record<string, unknown> } = {},
): Parameters {
  const parsed = textConfig(config)
  const { hidden_size: width, initializer_factor: factor } = parsed
  const prefix = textPrefix(names)
  const embedding = { normal: 0.02 * factor }
  return together(
    parameter(`${prefix}embeddings.token_embedding.weight`, [parsed.vocab_size, width], embedding),
    parameter(`${prefix}embeddings.position_embedding.weight`, [parsed.max_position_embeddings, width], embedding),
    clipEncoderParameters(`${prefix}encoder`, parsed),
    normParameters(`${prefix}final_layer_norm`, width),
    projection
      ? linearParameters('text_projection', width, parsed.projection_dim, {
          bias: false,
          init: { normal: factor * width ** -0.5 },
        })
      : {},
  )
}

/** Random weights as transformers would start them. */
export const initClipText = (config: ModelConfig, seed: number, options?: { projection?: boolean }): Weights =>
  initWeights(clipTextParameters(config, options), seed)
