import assert from 'node:assert/strict'
import { components, run } from '../../src/cli/verify/models.js'
import { tf } from '../../src/tensorflow/index.js'
import { errorShare, goldens } from '../goldens.js'

describe('networks match their goldens, values and gradients', () => {
  const cases = goldens('').filter(golden => components.includes(golden.case.component))
  for (const golden of cases) {
    for (const jitted of [false, true]) {
      it(`${golden.name}${jitted ? ', recorded by jit' : ''}`, async () => {
        const before = tf.memory().numTensors
        const { values } = await run(golden.folder, golden.case, { jitted })
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
