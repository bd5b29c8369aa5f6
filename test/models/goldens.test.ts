import assert from 'node:assert/strict'
import * as inception from '../../src/cli/verify/inception.js'
import { components, run } from '../../src/cli/verify/models.js'
import { tf } from '../../src/tensorflow/index.js'
import { errorShare, goldens } from '../goldens.js'

describe('networks match their goldens, values and gradients', () => {
  const chosen = process.env.ADT_JIT
  afterEach(() => {
    if (chosen === undefined) delete process.env.ADT_JIT
    else process.env.ADT_JIT = chosen
  })
  const cases = goldens('').filter(golden => components.includes(golden.case.component))
  for (const golden of cases) {
    for (const way of ['eager', 'graph']) {
      it(`${golden.name}, ${way}`, async () => {
        const before = tf.memory().numTensors
        process.env.ADT_JIT = way
        const { values } = await run(golden.folder, golden.case)
        assert.ok([...values.values()].some(({ kind }) => kind === 'vjp'))
        for (const [name, { got, reference, kind }] of values) {
          const tolerance = kind === 'out' ? golden.case.tolerance : golden.case.tolerance_vjp!
          const share = errorShare(got, reference, tolerance)
          assert.ok(share <= 1, `${name}: error is ${share} times what is allowed`)
        }
        assert.equal(tf.memory().numTensors, before)
      })
    }
  }
})

describe("FID's network matches its golden", () => {
  for (const golden of goldens('fid_inception')) {
    it(golden.name, async () => {
      const { values } = await inception.run(golden.folder, golden.case)
      assert.equal(values.size, 4)
      for (const [name, { got, reference }] of values) {
        const share = errorShare(got, reference, golden.case.tolerance)
        assert.ok(share <= 1, `${name}: error is ${share} times what is allowed`)
      }
    })
  }
})
