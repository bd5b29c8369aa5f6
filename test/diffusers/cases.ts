/** `adt verify` on cases of other sizes, resolutions, batches and seeds than the golden ones; part of `npm run test:diffusers`. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { benchPython, howToGetPeer } from '../../scripts/bench/python.js'
import { describeVerification, verify } from '../../src/cli/verify/index.js'
import { temporaryFolder } from '../models/small.js'

const python = benchPython()
const seed = process.env.ADT_SEED ?? '1'

describe(`cases of other sizes, made with seed ${seed} (ADT_SEED for others)`, function () {
  this.timeout(600_000)
  const chosen = process.env.ADT_JIT
  let folder: string
  before(async function () {
    if (!python) {
      console.log(howToGetPeer)
      this.skip()
    }
  })
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(async () => {
    if (chosen === undefined) delete process.env.ADT_JIT
    else process.env.ADT_JIT = chosen
    await rm(folder, { recursive: true, force: true })
  })

  for (const kind of ['networks', 'samplers', 'parts']) {
    it(`${kind}: values and gradients are the references', eager and jitted`, async () => {
      await execa(python!, [fileURLToPath(new URL(`./cases/${kind}.py`, import.meta.url)), folder, seed])
      for (const way of ['eager', 'graph']) {
        process.env.ADT_JIT = way
        for await (const result of verify([folder])) {
          assert.equal(result.status, 'ok', `${way}: ${describeVerification(result)}`)
        }
      }
    })
  }
})
