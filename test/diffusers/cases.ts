/** `adt verify` on cases of other sizes, resolutions, batches and seeds than the golden ones; part of `npm run test:diffusers`. */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { describeVerification, verify } from '../../src/cli/verify/index.js'
import { peerFolder, python } from './peer.js'

const seed = process.env.ADT_SEED ?? '1'

describe(`cases of other sizes, made with seed ${seed} (ADT_SEED for others)`, function () {
  this.timeout(600_000)
  const chosen = process.env.ADT_JIT
  const folder = peerFolder()
  afterEach(() => {
    if (chosen === undefined) delete process.env.ADT_JIT
    else process.env.ADT_JIT = chosen
  })

  for (const kind of ['networks', 'samplers', 'parts']) {
    it(`${kind}: values and gradients are the references', eager and jitted`, async () => {
      await execa(python!, [fileURLToPath(new URL(`./cases/${kind}.py`, import.meta.url)), folder(), seed])
      for (const way of ['eager', 'graph']) {
        process.env.ADT_JIT = way
        for await (const result of verify([folder()])) {
          assert.equal(result.status, 'ok', `${way}: ${describeVerification(result)}`)
        }
      }
    })
  }
})
