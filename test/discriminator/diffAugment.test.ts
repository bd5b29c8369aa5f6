import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cutout, diffAugment, drawAugment, translation } from '../../src/discriminator/diffAugment.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

const images = (batch: number, height: number, width: number, seed = 1) =>
  randomNormal([batch, height, width, 3], randomKey(seed)) as tf.Tensor4D

describe('DiffAugment', () => {
  it('draws every choice over its whole range and nothing outside', () => {
    const draws = drawAugment(4000, 32, 17, randomKey(5))
    const range = (x: tf.Tensor) => [x.min().dataSync()[0]!, x.max().dataSync()[0]!]
    const bounds: [tf.Tensor, number, number, number][] = [
      [draws.brightness, -0.5, 0.5, 0.01],
      [draws.saturation, 0, 2, 0.02],
      [draws.contrast, 0.5, 1.5, 0.01],
      [draws.shiftRows, -4, 4, 0],
      [draws.shiftColumns, -2, 2, 0],
      // 32 → a square of 16, centre 0 … 32; 17 → of 9, centre 0 … 16
      [draws.cutoutRows, 0, 32, 0],
      [draws.cutoutColumns, 0, 16, 0],
    ]
    for (const [x, low, high, slack] of bounds) {
      const [least, most] = range(x)
      assert.ok(least! >= low && least! <= low + slack, `${least} against ${low}`)
      assert.ok(most! <= high && most! >= high - slack, `${most} against ${high}`)
    }
  })

  it('draws the same from the same key only', () => {
    const first = (seed: number) => [...drawAugment(8, 16, 16, randomKey(seed)).brightness.dataSync()]
    assert.deepEqual(first(1), first(1))
    assert.notDeepEqual(first(1), first(2))
  })

  it('applies the kinds that it is told, and leaves the images alone without any', () => {
    const x = images(3, 16, 16)
    const draws = drawAugment(3, 16, 16, randomKey(2))
    assert.deepEqual([...diffAugment(x, draws, []).dataSync()], [...x.dataSync()])
    const cut = diffAugment(x, draws, ['cutout']).dataSync()
    const source = x.dataSync()
    assert.ok(cut.every((value, i) => value === 0 || value === source[i]))
    const zeros = cut.filter(value => value === 0).length
    assert.ok(zeros > 0 && zeros <= 3 * 8 * 8 * 3)
  })

  it('shifts by whole pixels with zeros outside, and its gradient shifts back', () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1])
    const [rows, columns] = [tf.tensor1d([1], 'int32'), tf.tensor1d([-1], 'int32')]
    assert.deepEqual([...translation(x, rows, columns).dataSync()], [0, 4, 5, 0, 0, 0])
    const weights = tf.tensor4d([10, 20, 30, 40, 50, 60], [1, 2, 3, 1])
    const gradient = tf.grad(y => tf.sum(tf.mul(translation(y as tf.Tensor4D, rows, columns), weights)))(x)
    assert.deepEqual([...gradient.dataSync()], [0, 0, 0, 20, 30, 0])
  })

  it('shifts and cuts pixel by pixel as the definition says, at any size', () => {
    const size = fc.integer({ min: 2, max: 19 })
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(size, size, fc.array(draw, { minLength: 4, maxLength: 4 }), (height, width, [a, b, c, d]) => {
        const integer = (u: number, low: number, high: number) => low + Math.floor(u * (high - low + 1))
        const shift = [integer(a!, -2, 2), integer(b!, -2, 2)] as const
        const centre = [integer(c!, 0, height), integer(d!, 0, width)] as const
        const x = images(1, height, width)
        const values = x.dataSync()
        const int = (value: number) => tf.tensor1d([value], 'int32')
        const shifted = translation(x, int(shift[0]), int(shift[1])).dataSync()
        const cut = cutout(x, int(centre[0]), int(centre[1])).dataSync()
        const cutLine = (at: number, n: number) => {
          const side = Math.floor(n / 2 + 0.5)
          const clamp = (k: number) => Math.min(Math.max(k + at - Math.floor(side / 2), 0), n - 1)
          return new Set(Array.from({ length: side }, (_, k) => clamp(k)))
        }
        const [cutRows, cutColumns] = [cutLine(centre[0], height), cutLine(centre[1], width)]
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const [si, sj] = [i + shift[0], j + shift[1]]
            const inside = si >= 0 && si < height && sj >= 0 && sj < width
            const index = (i * width + j) * 3
            // Adding 0 makes −0, a masked negative number, 0.
            assert.equal(shifted[index]! + 0, inside ? values[(si * width + sj) * 3] : 0)
            assert.equal(cut[index]! + 0, cutRows.has(i) && cutColumns.has(j) ? 0 : values[index])
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})
