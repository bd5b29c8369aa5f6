import assert from 'node:assert/strict'
import { type DiffusionModel, pullBackToLatents, toImages, toLatents } from '../../src/models/index.js'
import { randomModel } from '../../src/pretraining/index.js'
import { tf } from '../../src/tensorflow/index.js'

/** 16 elements, spread over each, of what diffusers 0.42.1 makes with this autoencoder and `enable_tiling()`. */
const diffusers = {
  decoded: [
    -0.13713, -0.06029, 0.25363, -0.13645, 0.66569, -0.04288, 0.15494, -0.00289, -0.05304, 0.06382, 0.05606, 0.04636,
    0.76808, 0.30936, 0.0564, -0.08282,
  ],
  encoded: [
    0.08905, 0.22516, 0.05713, -0.46215, 0.29913, 0.00797, 0.36908, -0.29964, -0.25684, 0.22022, 0.15878, -0.29246,
    0.16668, 0.13018, 0.44567, -0.1477,
  ],
  gradient: [
    0.33826, -0.99653, 3.88502, 3.94983, 1.35297, -0.4233, -2.25709, -0.88956, 0.01497, 2.99509, -0.05239, 1.87003,
    1.98429, -1.16925, -1.25726, -0.24203,
  ],
}

const wave = (shape: [number, number, number, number]) =>
  tf.tensor4d(
    Array.from({ length: shape.reduce((n, size) => n * size) }, (_, i) => Math.sin(0.37 * i)),
    shape,
  )
const spots = (x: tf.Tensor) => {
  const values = x.dataSync()
  return Array.from({ length: 16 }, (_, i) => values[Math.floor((i * x.size) / 16)]!)
}
function near(got: number[], expected: number[]): void {
  for (const [i, value] of got.entries())
    assert.ok(Math.abs(value - expected[i]!) < 1e-4, `element ${i}: ${value}, not ${expected[i]}`)
}

describe('an autoencoder in tiles', () => {
  const scale = 0.18215
  let model: DiffusionModel
  // Two and a half tiles by almost two: tiles of every kind of neighbourhood, and smaller ones at the ends.
  const latents = () => wave([1, 20, 14, 4])
  const images = () => wave([1, 40, 28, 3])
  before(async () => {
    model = await randomModel('sd15')
  })

  it('decodes and encodes as diffusers does', () => {
    near(spots(toImages(model, tf.mul(latents(), scale), { tiled: true })), diffusers.decoded)
    near(spots(tf.div(toLatents(model, images(), { tiled: true }), scale)), diffusers.encoded)
  })

  it('pulls a gradient back through all tiles', () => {
    const gradient = pullBackToLatents(model, tf.mul(latents(), scale), images(), { tiled: true })
    near(spots(tf.mul(gradient, scale)), diffusers.gradient)
  })

  it('is whole where the image is one tile, and where it is not said', () => {
    const [small, large] = [wave([2, 6, 6, 4]), latents()]
    const values = (x: tf.Tensor) => [...x.dataSync()]
    assert.deepEqual(values(toImages(model, small, { tiled: true })), values(toImages(model, small)))
    assert.deepEqual(values(toImages(model, large)), values(toImages(model, large, { tiled: false })))
    assert.notDeepEqual(values(toImages(model, large)), values(toImages(model, large, { tiled: true })))
  })
})
