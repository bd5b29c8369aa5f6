import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { disposeDiffusionModel, loadDiffusionModel, loadModelFolder, openSafetensors } from '../../src/models/index.js'
import { type PretrainEvent, pretrain, type Recipe, readRecipe } from '../../src/pretraining/index.js'
import { tf } from '../../src/tensorflow/index.js'

/** The recipes that ship, with networks of a few thousand weights. */
function tiny(name: string, steps: number): Recipe {
  const recipe = readRecipe(name)
  const tower = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 }
  const stages = recipe.stages.map(stage => ({ ...stage, steps, warmUp: 1 }))
  const small = { ...recipe, batch: 4, stages }
  if (small.kind === 'features') {
    const vision = { ...small.vision, hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2 }
    return { ...small, hooks: [0, 2], vision }
  }
  const text = { ...small.text, vocabulary: 600, config: { ...small.text.config, ...tower } }
  if (small.kind === 'clip') return { ...small, text, vision: { ...small.vision, ...tower }, projection: 8 }
  const unet = {
    ...small.unet,
    block_out_channels: [8, 8, 16],
    layers_per_block: 1,
    norm_num_groups: 4,
    cross_attention_dim: 16,
  }
  return { ...small, text, unet }
}

describe('pretrain', function () {
  this.timeout(120_000)
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-pretrain-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const settings = (recipe: Recipe, run: string) => ({
    recipe,
    folder: join(root, run, 'model'),
    run: join(root, run),
    reportEvery: 1,
    checkpointEvery: 2,
  })
  const all = async (events: AsyncGenerator<PretrainEvent>) => {
    const list: PretrainEvent[] = []
    for await (const event of events) list.push(event)
    return list
  }
  const losses = (events: PretrainEvent[]) =>
    events.flatMap(event => (event.kind === 'step' ? [`${event.iteration} ${event.losses.loss}`] : []))

  it('goes on from a checkpoint to the same weights, bit for bit, as a run that was not stopped', async () => {
    const recipe = tiny('emoji-clip', 5)
    const whole = await all(pretrain(settings(recipe, 'whole')))
    const stop = new AbortController()
    const first: PretrainEvent[] = []
    for await (const event of pretrain({ ...settings(recipe, 'parts'), signal: stop.signal })) {
      first.push(event)
      if (event.kind === 'step' && event.iteration === 3) stop.abort()
    }
    assert.equal(existsSync(join(root, 'parts', 'model')), false)
    const second = await all(pretrain({ ...settings(recipe, 'parts'), resume: true }))
    assert.deepEqual([...losses(first), ...losses(second)], losses(whole))
    const bytes = (run: string) => readFileSync(join(root, run, 'model', 'model.safetensors'))
    assert.ok(bytes('parts').equals(bytes('whole')))
  })

  it('refuses to overwrite a run, or to go on with another recipe’s', async () => {
    const recipe = tiny('emoji-clip', 1)
    await all(pretrain(settings(recipe, 'run')))
    await assert.rejects(all(pretrain(settings(recipe, 'run'))), /holds an unfinished run|holds a run/)
    const other = { ...recipe, seed: 1 }
    await assert.rejects(all(pretrain({ ...settings(other, 'run'), resume: true })), /another recipe/)
  })

  it('lowers the loss of the diffusion model and writes a folder that loads and says how it was made', async () => {
    const events = await all(pretrain(settings(tiny('emoji', 12), 'run')))
    const numbers = events.flatMap(event => (event.kind === 'step' ? [event.losses.loss!] : []))
    const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    assert.ok(average(numbers.slice(-6)) < average(numbers.slice(0, 6)))
    assert.ok(events.some(event => event.kind === 'samples' && event.images.shape[3] === 3))
    assert.equal(events.at(-1)!.kind, 'done')
    const folder = join(root, 'run', 'model')
    const model = await loadDiffusionModel(folder)
    assert.equal(model.textEncoders[0]!.tokenizer.maxLength, 16)
    disposeDiffusionModel(model)
    const file = await openSafetensors(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'))
    await file.close()
    assert.equal(JSON.parse(file.metadata.recipe!).kind, 'text-to-image')
    assert.match(file.metadata.data!, /^[0-9a-f]{64}$/)
    assert.equal(Object.values(file.entries)[0]!.dtype, 'F16')
    assert.match(readFileSync(join(folder, 'README.md'), 'utf8'), /What it is not/)
  })

  it('drops the temporary heads of the features', async () => {
    await all(pretrain(settings(tiny('emoji-dinov2', 2), 'run')))
    const { className, weights } = await loadModelFolder(join(root, 'run', 'model'))
    assert.equal(className, 'Dinov2Model')
    assert.ok(Object.keys(weights).every(name => !name.startsWith('heads')))
    tf.dispose(weights)
  })

  it('frees everything when it is left early', async () => {
    const recipe = tiny('emoji-dinov2', 4)
    const leave = async (run: string) => {
      for await (const event of pretrain(settings(recipe, run))) if (event.kind === 'step') break
      return tf.memory().numTensors
    }
    const once = await leave('first')
    assert.equal(await leave('second'), once)
  })
})
