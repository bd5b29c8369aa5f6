import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { createAdt } from '../../src/tuning/adt.js'
import { fetchNumbers, parseSettings } from '../../src/tuning/index.js'
import { initialState } from '../../src/tuning/state.js'
import { size, tinyData, tinyFeatures, tinyTunable, tinyWeights } from '../tuning/tiny.js'

const peer = 'scripts/bench/peers/embedded.py'

/** What PyTorch's side of an iteration gives for a check, by its own words: without PyTorch it cannot be run. */
function numbersOfPeer(): Record<string, 'one' | 'images' | 'layers'> {
  const [, literal] = /^NUMBERS = (\{[^}]*\})/m.exec(readFileSync(peer, 'utf8')) ?? []
  assert.ok(literal, `${peer}: NUMBERS is not where it was`)
  return JSON.parse(literal)
}

describe('what both sides of the bench compare', () => {
  it('of an iteration is all that the trainer measures', async () => {
    const counts = { one: 1, images: 4, layers: 2 }
    const settings = parseSettings({
      data: tinyData(),
      sampler: ddim(linearSchedule(), 5),
      features: tinyFeatures(),
      discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
      batch: counts.images,
      K: 1,
      H: 1,
      normsEvery: 0,
    })
    const pixels = await settings.data.images([0, 1, 2, 3])
    const batch = { captions: ['a', 'b', 'c', 'd'], image: tf.tensor4d(pixels, [counts.images, size, size, 3]) }
    const state = initialState(tinyWeights(), settings)
    const { measured } = createAdt(tinyTunable(), settings)(state, 1, batch, settings)
    const ours = Object.entries(await fetchNumbers(measured.tensors)).map(([name, values]) => [name, values.length])
    const theirs = Object.entries(numbersOfPeer()).map(([name, what]) => [name, counts[what]])
    const advice = `bring ${peer} into line, and see with npm run test:diffusers that it computes the same`
    assert.deepEqual(Object.fromEntries(theirs), Object.fromEntries(ours), advice)
  })
})
