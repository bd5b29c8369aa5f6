import assert from 'node:assert/strict'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { parseSettings, presets, type TuneSettings } from '../../src/tuning/index.js'
import { tinyData } from './tiny.js'

const features = { config: {}, weights: {} }
const given: TuneSettings = { data: tinyData(), sampler: ddim(linearSchedule(), 10), features }

describe('settings', () => {
  it('are filled in from the preset, which is emoji unless another is named', () => {
    assert.equal(parseSettings(given).adversarialWeight, 0.02)
    const paper = parseSettings({ ...given, preset: 'sd15' })
    assert.deepEqual(
      [paper.learningRate, paper.H, paper.guidance, paper.lambda, paper.K, paper.batch, paper.discriminator.tau],
      [{ generator: 5e-6, discriminator: 5e-6 }, 5, 7, 0.5, 3, 8, 0.99],
    )
    assert.deepEqual(Object.keys(presets), ['emoji', 'sd15', 'sdxl', 'sd3'])
  })

  it('take one learning rate for both networks, or either alone', () => {
    assert.deepEqual(parseSettings({ ...given, learningRate: 1 }).learningRate, { generator: 1, discriminator: 1 })
    const rates = parseSettings({ ...given, learningRate: { discriminator: 1 } }).learningRate
    assert.deepEqual(rates, { generator: 3e-5, discriminator: 1 })
  })

  it('leave out what is undefined', () => {
    assert.equal(parseSettings({ ...given, K: undefined }).K, 3)
  })

  const wrong: [string, object, RegExp][] = [
    [
      'K larger than the steps',
      { K: 11 },
      /^K: 11 is larger than the sampler's 10 steps; lower it, or take more steps$/,
    ],
    ['K of none', { K: 0 }, /^K: must be at least 1, not 0$/],
    ['a negative λ', { lambda: -0.5 }, /^lambda: must be at least 0, not -0\.5$/],
    ['an unknown setting', { lamda: 0.5 }, /^lamda: no such setting; known are .*lambda/],
    [
      'an unknown setting of the discriminator',
      { discriminator: { head: 1 } },
      /^discriminator\.head: no such setting/,
    ],
    ['an unknown method', { method: 'gan' }, /^method: must be "adt" or "ft", not "gan"$/],
    ['NaN', { guidance: Number.NaN }, /^guidance: must be a number, not NaN$/],
    ['half an image', { batch: 2.5 }, /^batch: must be a whole number, not 2\.5$/],
    ['no feature network', { features: undefined }, /^features: adt needs a feature network/],
    ['a data set of another kind', { data: 'emoji' }, /^data: must be a data set/],
    ['an empty data set', { data: tinyData(0) }, /^data: has no image/],
    ['a sampler of another kind', { sampler: 'ddim' }, /^sampler: must be a sampler/],
    ['resuming nothing', { resume: true }, /^resume: needs the folder/],
    ['samples of no prompts', { samplesEvery: 5 }, /^samplesEvery: needs prompts/],
    ['an unknown preset', { preset: 'sd2' }, /^preset: "sd2" is not one of emoji, sd15, sdxl, sd3$/],
    [
      'a reference without some caption',
      { reference: { ...tinyData(), items: [] } },
      /^reference: has no image for the caption "c"/,
    ],
    ['a learning rate of the wrong network', { learningRate: { critic: 1 } }, /^learningRate\.critic: no such setting/],
  ]
  for (const [name, setting, message] of wrong) {
    it(`refuse ${name}, naming the field`, () => {
      assert.throws(() => parseSettings({ ...given, ...setting } as TuneSettings), { message })
    })
  }

  it('name every field that is wrong', () => {
    assert.throws(() => parseSettings({ ...given, lambda: -1, H: 0 }), {
      message: /^(lambda: .*\nH: |H: .*\nlambda: )/,
    })
  })
})
