import { tf } from '../tensorflow/index.js'
import { geluTanh } from './activations.js'
import { attention } from './attention.js'
import { linear } from './layers.js'
import { rmsNorm, unitNorm } from './norms.js'
import { linearParameters, type Parameters, parameter, together } from './parameters.js'
import type { Weights } from './weights.js'

const epsilon = 1e-6

/**
 * A block of Stable Diffusion 3 (diffusers' `JointTransformerBlock`; MMDiT of Esser et al. 2024, with 3.5's second attention
 * of the image to itself where its weights are there).
 *
 * @param image [B, T, C]
 * @param text [B, S, C]
 * @param embedding SiLU of the time and pooled text, [B, C]
 * @returns both after the block; no text after the last one
 */
export function jointBlock(
  weights: Weights,
  name: string,
  image: tf.Tensor3D,
  text: tf.Tensor3D,
  embedding: tf.Tensor,
  heads: number,
): { image: tf.Tensor3D; text?: tf.Tensor3D } {
  return tf.tidy(() => {
    const dual = weights[`${name}.attn2.to_q.weight`] !== undefined
    const last = weights[`${name}.attn.to_add_out.weight`] === undefined
    const modulation = (norm: string, parts: number) =>
      tf.split(linear(weights, `${name}.${norm}.linear`, embedding), parts, 1)
    const forImage = modulation('norm1', dual ? 9 : 6)
    const [shift, scale, gate] = forImage as [tf.Tensor, tf.Tensor, tf.Tensor]
    const forText = modulation('norm1_context', last ? 2 : 6)
    // The last block modulates the text as the network's end does the image: scale first.
    const textIn = last ? modulate(text, forText[0]!, forText[1]!) : modulate(text, forText[1]!, forText[0]!)

    const joint = jointAttention(weights, `${name}.attn`, modulate(image, scale, shift), textIn, heads)
    let imageOut = gated(image, gate, joint.image)
    if (dual) {
      const [shift2, scale2, gate2] = forImage.slice(6) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const own = selfAttention(weights, `${name}.attn2`, modulate(image, scale2, shift2), heads)
      imageOut = gated(imageOut, gate2, own)
    }
    imageOut = feedForward(weights, `${name}.ff`, imageOut, forImage)
    if (last) return { image: imageOut }
    const textOut = gated(text, forText[2]!, joint.text!)
    return { image: imageOut, text: feedForward(weights, `${name}.ff_context`, textOut, forText) }
  })
}

/** Layer norm, scaled by 1 + scale and shifted, [B, C] each. */
export function modulate(x: tf.Tensor3D, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor3D {
  return tf.add(tf.mul(unitNorm(x, epsilon), overTokens(tf.add(1, scale))), overTokens(shift)) as tf.Tensor3D
}

/** x + gate·change. */
const gated = (x: tf.Tensor3D, gate: tf.Tensor, change: tf.Tensor) =>
  tf.add(x, tf.mul(overTokens(gate), change)) as tf.Tensor3D

const overTokens = (x: tf.Tensor) => tf.reshape(x, [x.shape[0]!, 1, x.shape[1]!])

/** @param modulation the block's parts, of which the fourth to sixth are shift, scale and gate here */
function feedForward(weights: Weights, name: string, x: tf.Tensor3D, modulation: tf.Tensor[]): tf.Tensor3D {
  const [shift, scale, gate] = modulation.slice(3, 6) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const hidden = geluTanh(linear(weights, `${name}.net.0.proj`, modulate(x, scale, shift)))
  return gated(x, gate, linear(weights, `${name}.net.2`, hidden))
}

/** Each of both attends to all tokens. */
function jointAttention(weights: Weights, name: string, image: tf.Tensor3D, text: tf.Tensor3D, heads: number) {
  const both = (which: string, added: string, norms?: [string, string]) =>
    tf.concat(
      [project(weights, name, which, image, heads, norms?.[0]), project(weights, name, added, text, heads, norms?.[1])],
      1,
    )
  const mixed = attention({
    query: both('to_q', 'add_q_proj', ['norm_q', 'norm_added_q']),
    key: both('to_k', 'add_k_proj', ['norm_k', 'norm_added_k']),
    value: both('to_v', 'add_v_proj'),
    heads,
  })
  const [imageMixed, textMixed] = tf.split(mixed, [image.shape[1], text.shape[1]], 1) as [tf.Tensor, tf.Tensor]
  return {
    image: linear(weights, `${name}.to_out.0`, imageMixed),
    ...(weights[`${name}.to_add_out.weight`] && { text: linear(weights, `${name}.to_add_out`, textMixed) }),
  }
}

function selfAttention(weights: Weights, name: string, x: tf.Tensor3D, heads: number): tf.Tensor {
  const of = (which: string, norm?: string) => project(weights, name, which, x, heads, norm)
  const mixed = attention({ query: of('to_q', 'norm_q'), key: of('to_k', 'norm_k'), value: of('to_v'), heads })
  return linear(weights, `${name}.to_out.0`, mixed)
}

/** A projection, with RMS norm of each head where the model has it. */
function project(weights: Weights, name: string, which: string, x: tf.Tensor3D, heads: number, norm?: string) {
  const projected = linear(weights, `${name}.${which}`, x)
  if (!norm || !weights[`${name}.${norm}.weight`]) return projected
  const [batch, tokens, channels] = projected.shape as [number, number, number]
  const byHead = tf.reshape(projected, [batch, tokens, heads, channels / heads])
  return tf.reshape(rmsNorm(weights, `${name}.${norm}`, byHead, epsilon), [batch, tokens, channels])
}

export function jointBlockParameters(
  name: string,
  width: number,
  headSize: number,
  { dual, normed, last }: { dual: boolean; normed: boolean; last: boolean },
): Parameters {
  const square = (which: string) => linearParameters(`${name}.${which}`, width, width)
  const norm = (which: string) => parameter(`${name}.${which}.weight`, [headSize], { constant: 1 })
  const feedForward = (which: string) =>
    together(
      linearParameters(`${name}.${which}.net.0.proj`, width, 4 * width),
      linearParameters(`${name}.${which}.net.2`, 4 * width, width),
    )
  const image = ['to_q', 'to_k', 'to_v', 'to_out.0']
  const text = ['add_q_proj', 'add_k_proj', 'add_v_proj', ...(last ? [] : ['to_add_out'])]
  return together(
    linearParameters(`${name}.norm1.linear`, width, (dual ? 9 : 6) * width),
    linearParameters(`${name}.norm1_context.linear`, width, (last ? 2 : 6) * width),
    ...[...image, ...text].map(which => square(`attn.${which}`)),
    ...(normed ? ['norm_q', 'norm_k', 'norm_added_q', 'norm_added_k'].map(which => norm(`attn.${which}`)) : []),
    ...(dual ? image.map(which => square(`attn2.${which}`)) : []),
    ...(dual && normed ? ['norm_q', 'norm_k'].map(which => norm(`attn2.${which}`)) : []),
    feedForward('ff'),
    last ? {} : feedForward('ff_context'),
  )
}
