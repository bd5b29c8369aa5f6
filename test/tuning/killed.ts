/** A run in a process of its own, for `kill.test.ts` to kill: `killed.ts FOLDER [resume]` prints every event's iteration. */

import { createHash } from 'node:crypto'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { parseSettings, run } from '../../src/tuning/index.js'
import { tinyData, tinyFeatures, tinyTunable, tinyWeights } from './tiny.js'

const [folder, resume] = process.argv.slice(2)
const settings = parseSettings({
  data: tinyData(),
  sampler: ddim(linearSchedule(), 5),
  features: tinyFeatures(),
  discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
  batch: 4,
  K: 2,
  iterations: 30,
  learningRate: 1e-3,
  checkpointEvery: 1,
  resume: resume === 'resume',
  ...(folder !== '-' && { folder }),
})
const running = run(tinyTunable(), tinyWeights(), settings)
for (;;) {
  const { done, value } = await running.next()
  if (done) {
    const hash = createHash('sha256')
    for (const name of Object.keys(value!).sort()) hash.update(new Uint8Array((await value![name]!.data()).buffer))
    console.log(`weights ${hash.digest('hex')}`)
    break
  }
  if (value.kind === 'step') console.log(`step ${value.iteration}`)
}
