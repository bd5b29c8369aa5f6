import assert from 'node:assert/strict'
import { augment } from '../../src/pretraining/augment.js'
import { drawBatch, emojiBank, imagesAt, styleBounds } from '../../src/pretraining/emojiBank.js'
import { pack, packingOf, unpack } from '../../src/pretraining/packing.js'
import { randomKey, tf } from '../../src/tensorflow/index.js'

describe('batches on the device', function () {
  this.timeout(60_000)

  it('draws styles by their shares and names evenly, and never a style without a share', () => {
    tf.tidy(() => {
      const styles = ['noto', 'twemoji', 'fluent-flat'] as const
      const draw = drawBatch(10, styleBounds(styles, { noto: 1, 'fluent-flat': 3 }), 20_000, randomKey(0, 1))
      const share = (x: tf.Tensor, value: number) => tf.equal(x, value).toFloat().mean().dataSync()[0]!
      assert.ok(Math.abs(share(draw.styles, 0) - 0.25) < 0.02)
      assert.equal(share(draw.styles, 1), 0)
      for (let name = 0; name < 10; name++) assert.ok(Math.abs(share(draw.names, name) - 0.1) < 0.01)
      assert.deepEqual(
        [...draw.rows.dataSync()],
        [...draw.styles.mul(tf.scalar(10, 'int32')).add(draw.names).dataSync()],
      )
      const again = drawBatch(10, styleBounds(styles, { noto: 1, 'fluent-flat': 3 }), 20_000, randomKey(0, 1))
      assert.deepEqual(again.rows.dataSync(), draw.rows.dataSync())
    })
  })

  it('finds an image by style and name', async () => {
    const bank = await emojiBank(['noto', 'twemoji'], 'test', 32)
    const count = bank.names.length
    const image = tf.tidy(() => imagesAt(bank.pixels, tf.tensor1d([count + 5], 'int32'), 32).dataSync())
    const twemoji = await emojiBank(['twemoji'], 'test', 32)
    assert.deepEqual(
      image,
      tf.tidy(() => imagesAt(twemoji.pixels, tf.tensor1d([5], 'int32'), 32).dataSync()),
    )
    tf.dispose([bank.pixels, twemoji.pixels])
  })
})

describe('augment', () => {
  const images = () => tf.randomUniform([3, 8, 8, 3], -1, 1, 'float32', 7) as tf.Tensor4D
  const none = { zoom: 0, shift: 0, colour: 0 }

  it('changes nothing when nothing is asked', () => {
    tf.tidy(() => {
      const x = images()
      const difference = augment(x, none, randomKey(0, 1)).sub(x).abs().max().dataSync()[0]!
      assert.ok(difference < 1e-6)
    })
  })

  it('shifts by what it drew, and lets white in', () => {
    tf.tidy(() => {
      const black = tf.fill([64, 8, 8, 3], -1) as tf.Tensor4D
      const moved = augment(black, { ...none, shift: 0.25 }, randomKey(0, 2))
      // A shift of at most a quarter leaves the middle black; some image must have white at an edge.
      assert.ok(moved.slice([0, 2, 2, 0], [64, 4, 4, 3]).max().dataSync()[0]! < -0.999)
      assert.ok(moved.max().dataSync()[0]! > 0.5)
    })
  })

  it('zooms about the middle', () => {
    tf.tidy(() => {
      // A ramp from left to right keeps its middle and becomes steeper or flatter.
      const ramp = tf.linspace(-0.5, 0.5, 9).reshape([1, 1, 9, 1]).tile([32, 9, 1, 3]) as tf.Tensor4D
      const zoomed = augment(ramp, { ...none, zoom: 0.5 }, randomKey(0, 3)).slice([0, 4, 0, 0], [32, 1, 9, 1])
      const rows = zoomed.reshape([32, 9]).arraySync() as number[][]
      const slopes = rows.map(row => (row[5]! - row[3]!) / 0.25)
      assert.ok(rows.every(row => Math.abs(row[4]!) < 1e-5))
      assert.ok(slopes.every(slope => slope > 1 / 1.5 - 1e-4 && slope < 1.5 + 1e-4))
      assert.ok(Math.max(...slopes) > 1.1 && Math.min(...slopes) < 0.9)
    })
  })

  it('gives every image another change, the same for the same key', () => {
    tf.tidy(() => {
      const x = tf.tile(images().slice([0, 0, 0, 0], [1, 8, 8, 3]), [4, 1, 1, 1]) as tf.Tensor4D
      const settings = { zoom: 0.3, shift: 0.2, colour: 0.3 }
      const rows = augment(x, settings, randomKey(1)).reshape([4, -1]).arraySync() as number[][]
      assert.equal(new Set(rows.map(row => row.join())).size, 4)
      assert.deepEqual(augment(x, settings, randomKey(1)).reshape([4, -1]).arraySync(), rows)
    })
  })
})

describe('packing', () => {
  it('puts tensors into a vector and back; an absent one is zeros', () => {
    tf.tidy(() => {
      const tensors = { a: tf.tensor2d([[1, 2, 3]]), b: tf.scalar(4), c: tf.tensor1d([5, 6]) }
      const packing = packingOf(tensors)
      const vector = pack(packing, [tensors.a, tensors.b, tensors.c])
      assert.deepEqual([...vector.dataSync()], [1, 2, 3, 4, 5, 6])
      const back = unpack(packing, vector)
      assert.deepEqual(
        Object.values(back).map(tensor => tensor.shape),
        [[1, 3], [], [2]],
      )
      assert.deepEqual(back.c!.arraySync(), [5, 6])
      assert.deepEqual([...pack(packing, [tensors.a, null, tensors.c]).dataSync()], [1, 2, 3, 0, 5, 6])
    })
  })
})
