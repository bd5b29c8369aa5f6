import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { runCommand } from '../../src/cli/program.js'
import {
  disposeDiffusionModel,
  initClipModel,
  initDinov2,
  initFidInception,
  saveDiffusionModel,
  saveModelFolder,
} from '../../src/models/index.js'
import { randomModel } from '../../src/pretraining/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallClip, temporaryFolder, writeSmallTokenizer } from '../models/small.js'

/** Twelve blocks, as many as the discriminator's standard hooks ask for. */
const dinov2 = {
  architectures: ['Dinov2Model'],
  model_type: 'dinov2',
  hidden_size: 8,
  num_hidden_layers: 12,
  num_attention_heads: 2,
  mlp_ratio: 2,
  image_size: 16,
  patch_size: 4,
}

/** A folder of models in published layouts, of random weights, and one of captioned images. */
async function makeFolders(root: string): Promise<void> {
  const model = await randomModel('sd15')
  await saveDiffusionModel(model, join(root, 'sd15'))
  disposeDiffusionModel(model)
  const weights = [initDinov2(dinov2, 1), initClipModel(smallClip, 1), initFidInception(1)]
  await saveModelFolder(join(root, 'dinov2'), { config: dinov2, weights: weights[0]! })
  await saveModelFolder(join(root, 'clip'), { config: smallClip, weights: weights[1]! })
  await saveModelFolder(join(root, 'inception'), {
    config: { architectures: ['FIDInceptionV3'] },
    weights: weights[2]!,
  })
  tf.dispose(weights)
  await writeSmallTokenizer(join(root, 'clip'))
  const data = join(root, 'images')
  await mkdir(data)
  for (let i = 0; i < 4; i++) {
    const background = { r: 60 * i, g: 200, b: 90 }
    const picture = sharp({ create: { width: 30, height: 20, channels: 3, background } }).png()
    await picture.toFile(join(data, `${i}.png`))
  }
  const lines = [0, 1, 2, 3].map(i => JSON.stringify({ file_name: `${i}.png`, text: i % 2 ? 'red' : 'on red' }))
  await writeFile(join(data, 'metadata.jsonl'), lines.join('\n'))
}

describe('a folder in the layout of Stable Diffusion 1.5, by the command line', function () {
  this.timeout(180_000)
  let root: string
  let printed: string[]
  const print = console.log
  before(async () => {
    root = await temporaryFolder()
    await makeFolders(root)
  })
  after(() => rm(root, { recursive: true }))
  beforeEach(() => {
    printed = []
    console.log = (text: string) => printed.push(text)
  })
  afterEach(() => {
    console.log = print
  })

  const adt = async (words: string) => {
    const given = words.split(' ').map(word => word.replace(/^\//, `${root}/`))
    assert.equal(await runCommand(given), 0, printed.join('\n'))
  }
  const evaluate = async (model: string) => {
    await adt(
      `evaluate --model ${model} --data /images --clip /clip --inception /inception --preference /clip ` +
        '--steps 3 --guidance 3 --seeds 1 --batch 3 --fid-statistics /real.safetensors --json',
    )
    return JSON.parse(printed.pop()!)
  }

  it('tunes, draws, evaluates, and does both again with what was saved', async () => {
    const before = await evaluate('/sd15')
    assert.deepEqual(before.missing, ['aesthetic score (--aesthetic)'])
    assert.equal(before.seeds[0].fidName, 'FID-4')
    assert.ok(existsSync(join(root, 'real.safetensors')))
    await adt(
      'tune --preset sd15 --model /sd15 --features /dinov2 --data /images --run /run --iterations 3 --batch 2 --K 2 --H 1 ' +
        '--steps 4 --learning-rate 0.001 --warmup 0',
    )
    assert.match(printed.pop()!, /tuned model: .*run\/model/)
    const draw = async (file: string) => {
      await adt(`sample --model /run/model --prompt red --steps 4 --seed 3 --out /${file}`)
      return readFileSync(join(root, file))
    }
    assert.deepEqual(await draw('first.png'), await draw('second.png'))
    const [tuned, again] = [await evaluate('/run/model'), await evaluate('/run/model')]
    assert.deepEqual(again.seeds, tuned.seeds)
    for (const name of ['frechet', 'textScore', 'nearness', 'fid', 'preference']) {
      assert.ok(Number.isFinite(tuned.seeds[0][name]), name)
      // A text score of random networks may be zero, at which it is cut off, before and after.
      if (name !== 'textScore') assert.notEqual(tuned.seeds[0][name], before.seeds[0][name], name)
    }
  })
})
