import type { Frame } from '../data/index.js'
import { jit, tf } from '../tensorflow/index.js'
import { clipText } from './clipText.js'
import type { ModelConfig } from './config.js'
import type { DiffusionModel, TextEncoder } from './diffusionModel.js'
import { imageSize } from './latents.js'
import { t5Encoder } from './t5Encoder.js'
import type { Weights } from './weights.js'

/** What a network is told of texts, one row each. */
export type PromptCondition = {
  /** [texts, tokens, C] */
  readonly context: tf.Tensor3D
  /** pooled text embeddings, [texts, C']: SDXL and SD3 */
  readonly pooled?: tf.Tensor2D
  /** original size, crop corner and target size, [texts, 6]: SDXL */
  readonly timeIds?: tf.Tensor2D
}

/** T5's texts are this long in Stable Diffusion 3's pipeline, whatever the tokenizer says. */
const t5Length = 256

/**
 * Texts as the model's own pipeline in diffusers encodes them: the last state of Stable Diffusion 1.x's encoder, the last but
 * one of both of SDXL's and of SD3's CLIP encoders, SD3's followed by T5's (zeros where T5 was left out).
 * An empty text is all zeros where model_index.json says `force_zeros_for_empty_prompt`, SDXL's default.
 */
export function encodePrompts(model: DiffusionModel, texts: readonly string[]): PromptCondition {
  const [first, second, third] = model.textEncoders
  if (!first) throw new Error('the model has no text encoder')
  return scoped(() => {
    if (!second) return { context: encode(first, texts).lastHiddenState }
    const clips = [first, second].map(encoder => encode(encoder, texts))
    const context = tf.concat(
      clips.map(({ penultimate }) => penultimate),
      2,
    ) as tf.Tensor3D
    if (model.network.className === 'SD3Transformer2DModel') {
      const pooled = tf.concat(
        clips.map(({ pooled }) => pooled),
        1,
      ) as tf.Tensor2D
      const { joint_attention_dim: width = 4096 } = model.network.config
      return { context: withT5(context, third, texts, width as number), pooled }
    }
    const kept = model.index?.force_zeros_for_empty_prompt === false ? undefined : keptRows(texts)
    return {
      context: zeroed(context, kept),
      pooled: zeroed(clips[1]!.pooled, kept),
      timeIds: imageSizes(model, texts.length),
    }
  })
}

/**
 * SDXL's condition for images that were scaled and cropped so; other models know nothing of it.
 * @param frames one a row
 * @returns the condition given, or one with new tensors in place of `timeIds`
 */
export function withFrames(
  model: DiffusionModel,
  condition: PromptCondition,
  frames: readonly Frame[] | undefined,
): PromptCondition {
  if (!frames || !condition.timeIds) return condition
  const size = imageSize(model)
  condition.timeIds.dispose()
  const rows = frames.map(({ original, corner }) => [...original, ...corner, size, size])
  return { ...condition, timeIds: tf.tensor2d(rows) }
}

const scoped = (f: () => PromptCondition) =>
  tf.tidy(f as unknown as () => tf.TensorContainer) as unknown as PromptCondition

interface Encoded {
  lastHiddenState: tf.Tensor3D
  penultimate: tf.Tensor3D
  pooled: tf.Tensor2D
}

function encode({ weights, config, tokenizer }: TextEncoder, texts: readonly string[]): Encoded {
  const ids = tf.tensor2d(tokenizer.encode(texts), [texts.length, tokenizer.maxLength], 'int32')
  return encodeClip(weights, config, ids)
}

const encodeClip = jit((weights: Weights, config: ModelConfig, ids: tf.Tensor2D): Encoded => {
  const { lastHiddenState, hiddenStates, textEmbeds, pooled } = clipText(weights, config, ids)
  return { lastHiddenState, penultimate: hiddenStates.at(-2)!, pooled: textEmbeds ?? pooled }
})

/** CLIP's tokens, filled up with zeros to the width of T5's, which follow. */
function withT5(clip: tf.Tensor3D, encoder: TextEncoder | undefined, texts: readonly string[], width: number) {
  const padded = tf.pad(clip, [
    [0, 0],
    [0, 0],
    [0, width - clip.shape[2]],
  ])
  const t5 = encoder ? encodeT5(encoder, texts) : tf.zeros([texts.length, t5Length, width])
  return tf.concat([padded, t5], 1) as tf.Tensor3D
}

function encodeT5({ weights, config, tokenizer }: TextEncoder, texts: readonly string[]): tf.Tensor {
  const ids = tf.tensor2d(tokenizer.encode(texts, t5Length), [texts.length, t5Length], 'int32')
  return runT5(weights, config, ids)
}

const runT5 = jit(
  (weights: Weights, config: ModelConfig, ids: tf.Tensor2D) => t5Encoder(weights, config, ids).lastHiddenState,
)

/** 1 for texts and 0 for empty ones; undefined where all are texts. */
const keptRows = (texts: readonly string[]) =>
  texts.includes('') ? tf.tensor1d(texts.map(text => (text === '' ? 0 : 1))) : undefined

function zeroed<T extends tf.Tensor>(rows: T, kept: tf.Tensor1D | undefined): T {
  if (!kept) return rows
  return tf.mul(rows, tf.reshape(kept, [-1, ...rows.shape.slice(1).map(() => 1)])) as T
}

/** Whole images of the model's own size. */
function imageSizes(model: DiffusionModel, rows: number): tf.Tensor2D {
  const size = imageSize(model)
  return tf.tile(tf.tensor2d([[size, size, 0, 0, size, size]]), [rows, 1])
}
