// Draws a few held-out captions with the base, FT and ADT (seed 0) from the same noise, at 5 and at 20 steps.
// usage: node notebooks/studies/quickstart/pictures.mjs FOLDER      (the folder that run.sh filled)
import * as adt from 'adt'

const folder = process.argv[2]
const here = new URL('.', import.meta.url).pathname
const prompts = [
  'grinning cat',
  'slightly frowning face',
  'man teacher',
  'woman office worker',
  'blue circle',
  'broken heart',
  'green apple',
  'pineapple',
]
const models = { base: 'emoji', ft: `${folder}/ft-0/model`, adt: `${folder}/adt-0/model` }
for (const [name, path] of Object.entries(models)) {
  const model = await adt.load(path)
  for (const steps of [5, 20]) {
    const images = await adt.sample(model, { prompts, sampler: adt.ddim(model.schedule, steps), guidance: 2, seed: 1 })
    await adt.writeGrid(`${here}${name}-${steps}.png`, { data: await images.data(), shape: images.shape })
  }
}
