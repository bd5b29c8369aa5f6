import { jit, tf } from '../tensorflow/index.js'
import {
  autoencoderConfig,
  autoencoderTiling,
  decodeLatents,
  encodeImage,
  fromModelLatents,
  toModelLatents,
} from './autoencoderKL.js'
import type { ModelConfig } from './config.js'
import type { DiffusionModel } from './diffusionModel.js'
import { brief } from './files.js'
import { inTiles, pullBackInTiles } from './tiling.js'
import type { Weights } from './weights.js'

// One image at a time: an autoencoder's tensors are as large as the image itself, times its channels.

/** A side's most pixels: images eight times as large take hundreds of gigabytes. */
const largestLatent = 4096

/** The shape of one latent: [height, width, channels]. */
export function latentShape({
  network: { config, className },
}: Pick<DiffusionModel, 'network'>): [number, number, number] {
  const { sample_size: size, in_channels: channels = className === 'SD3Transformer2DModel' ? 16 : 4 } = config
  const [height, width] = Array.isArray(size) ? size : [size, size]
  if (height === undefined || height === null) {
    throw new Error(`config.json of a ${className}: "sample_size" is missing, so the size of its images is not known`)
  }
  if (![height, width].every(side => Number.isInteger(side) && side > 0 && side <= largestLatent)) {
    throw new Error(`config.json of a ${className}: "sample_size" must be 1 to ${largestLatent}, not ${brief(size)}`)
  }
  return [height, width, channels as number]
}

/**
 * Height and width of the images that a model makes.
 *
 * @throws Error when they are not square, or a model without an autoencoder has latents that are no RGB images
 */
export function imageSize(model: DiffusionModel): number {
  const [height, width, channels] = latentShape(model)
  if (height !== width) throw new Error(`the model draws ${height}×${width} latents; only square images work here`)
  if (model.autoencoder) {
    return height * 2 ** (autoencoderConfig(model.autoencoder.config).block_out_channels.length - 1)
  }
  if (channels === 3) return height
  throw new Error(
    `the model has latents of ${channels} channels and no autoencoder ("vae") that would make images of them`,
  )
}

/**
 * Images → latents of the model: the mean of the autoencoder's distribution. Its spread is a thousandth of the latents'
 * own, and without it an image's latents are the same at every visit.
 *
 * @param images [B, H, W, 3] in [−1, 1]
 * @returns new tensors, [B, h, w, C]
 */
export function toLatents(
  { autoencoder }: Pick<DiffusionModel, 'autoencoder'>,
  images: tf.Tensor4D,
  { tiled = isLarge(images) }: TilingOptions = {},
): tf.Tensor4D {
  if (!autoencoder) return tf.clone(images)
  const { weights, config } = autoencoder
  const ofTile = (image: tf.Tensor4D) => encode(weights, config, image)
  return eachRow([images], ([image]) =>
    tiled ? inTiles(image!, autoencoderTiling(config).encode, ofTile) : ofTile(image!),
  )
}

/** Latents of the model → images, about in [−1, 1]. */
export function toImages(
  { autoencoder }: Pick<DiffusionModel, 'autoencoder'>,
  latents: tf.Tensor4D,
  { tiled }: TilingOptions = {},
): tf.Tensor4D {
  if (!autoencoder) return tf.clone(latents)
  const { weights, config } = autoencoder
  const ofTile = (latent: tf.Tensor4D) => decode(weights, config, latent)
  return eachRow([latents], ([latent]) =>
    (tiled ?? isLarge(latent!, pixelsOf(config)))
      ? inTiles(latent!, autoencoderTiling(config).decode, ofTile)
      : ofTile(latent!),
  )
}

/**
 * The pull-back of `toImages`: ∂L/∂latents from ∂L/∂images.
 *
 * @param latents at which the images were made
 * @param gradient [B, H, W, 3]
 */
export function pullBackToLatents(
  { autoencoder }: Pick<DiffusionModel, 'autoencoder'>,
  latents: tf.Tensor4D,
  gradient: tf.Tensor4D,
  { tiled = isLarge(gradient) }: TilingOptions = {},
): tf.Tensor4D {
  if (!autoencoder) return tf.clone(gradient)
  const { weights, config } = autoencoder
  const ofTile = (latent: tf.Tensor4D, cotangent: tf.Tensor4D) => pullBack(weights, config, latent, cotangent)
  const side = pixelsOf(config)
  const { decode } = autoencoderTiling(config)
  return eachRow([latents, gradient], ([latent, cotangent]) =>
    tiled
      ? pullBackInTiles(latent!, cotangent!, decode, ({ shape: [, h, w] }) => [1, side * h, side * w, 3], ofTile)
      : ofTile(latent!, cotangent!),
  )
}

/** Whether images are encoded and decoded in tiles; those of more than 1024² pixels, unless it is said. */
export interface TilingOptions {
  tiled?: boolean
}

/** @param side of a pixel given, in pixels of the image */
const isLarge = ({ shape: [, height, width] }: tf.Tensor4D, side = 1) => side ** 2 * height * width > 1024 ** 2

/** Height and width of a latent's pixel in the image. */
const pixelsOf = (config: ModelConfig) => 2 ** (autoencoderConfig(config).block_out_channels.length - 1)

/**
 * Compiles these three for single images of a batch's size, unless they are done in tiles.
 *
 * @param images [B, H, W, 3]; only their shape counts
 */
export async function readyLatents(model: DiffusionModel, images: tf.Tensor4D): Promise<void> {
  const { autoencoder } = model
  if (!autoencoder || isLarge(images)) return
  const { weights, config } = autoencoder
  const compiling = scoped(() => {
    const image = tf.zerosLike(tf.slice(images, 0, 1)) as tf.Tensor4D
    const latent = tf.zeros([1, ...latentShape(model)]) as tf.Tensor4D
    return [
      pullBack.ready(weights, config, latent, image),
      decode.ready(weights, config, latent),
      encode.ready(weights, config, image),
    ]
  })
  await Promise.all(compiling)
}

/** A tidy whose result holds no tensors. */
function scoped<T>(f: () => T): T {
  let result: T
  tf.tidy(() => {
    result = f()
  })
  return result!
}

const encode = jit((weights: Weights, config: ModelConfig, image: tf.Tensor4D) =>
  toModelLatents(config, encodeImage(weights, config, image).mean),
)

const decode = jit((weights: Weights, config: ModelConfig, latent: tf.Tensor4D) =>
  decodeLatents(weights, config, fromModelLatents(config, latent)),
)

const pullBack = jit((weights: Weights, config: ModelConfig, latent: tf.Tensor4D, cotangent: tf.Tensor4D) => {
  const image = (latent: tf.Tensor) => decodeLatents(weights, config, fromModelLatents(config, latent as tf.Tensor4D))
  return tf.grad(latent => tf.sum(tf.mul(image(latent), cotangent)))(latent) as tf.Tensor4D
})

/** A function of single images over the rows of some batches. */
function eachRow(batches: tf.Tensor4D[], f: (rows: tf.Tensor4D[]) => tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const rows = Array.from({ length: batches[0]!.shape[0] }, (_, i) =>
      f(
        batches.map(batch =>
          tf.slice(batch, [i, 0, 0, 0], [1, ...batch.shape.slice(1)] as [1, number, number, number]),
        ),
      ),
    )
    return rows.length === 1 ? rows[0]! : tf.concat(rows)
  })
}
