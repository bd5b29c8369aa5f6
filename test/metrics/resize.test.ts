import assert from 'node:assert/strict'
import fc from 'fast-check'
import { clip, resizeImage, resizeMatrix } from '../../src/metrics/resize.js'

describe('resizeImage', () => {
  const size = fc.integer({ min: 1, max: 12 })

  it('leaves an image of the same size as it is, and a constant one constant', () => {
    fc.assert(
      fc.property(size, size, size, size, (height, width, newHeight, newWidth) => {
        const image = Float32Array.from({ length: height * width * 3 }, (_, i) => (i * 7919) % 256)
        const from = { height, width, channels: 3 }
        assert.deepEqual(resizeImage(image, from, { height, width }), image)
        const flat = resizeImage(new Float32Array(image.length).fill(81), from, { height: newHeight, width: newWidth })
        assert.ok(flat.every(x => Math.abs(x - 81) < 1e-3))
      }),
    )
  })

  it('averages when it shrinks', () => {
    const stripes = Float32Array.from({ length: 64 }, (_, i) => (i % 2 ? 255 : 0))
    const [small] = resizeImage(stripes, { height: 1, width: 64, channels: 1 }, { height: 1, width: 1 }, 'bilinear')
    assert.ok(Math.abs(small! - 127.5) < 5)
  })

  it('applies the matrix of the same filter along each side', () => {
    const image = Float32Array.from({ length: 15 }, (_, i) => (i * 31) % 17)
    const resized = resizeImage(image, { height: 3, width: 5, channels: 1 }, { height: 2, width: 7 }, 'bicubic')
    const [rows, columns] = [resizeMatrix(3, 2, 'bicubic'), resizeMatrix(5, 7, 'bicubic')]
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 7; j++) {
        let sum = 0
        for (let y = 0; y < 3; y++) {
          for (let x = 0; x < 5; x++) sum += rows[i * 3 + y]! * image[y * 5 + x]! * columns[j * 5 + x]!
        }
        assert.ok(Math.abs(resized[i * 7 + j]! - sum) < 1e-4)
      }
    }
  })

  it('refuses data that is no such image, and clips overshoot', () => {
    assert.throws(
      () => resizeImage([1, 2], { height: 1, width: 1, channels: 3 }, { height: 1, width: 1 }),
      /2 values are not an image of 1 × 1 × 3/,
    )
    assert.deepEqual([...clip(Float32Array.of(-1, 3, 300), 0, 255)], [0, 3, 255])
  })
})
