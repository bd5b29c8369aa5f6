import assert from 'node:assert/strict'
import { run } from '../../src/cli/verify/adtStep.js'
import { errorShare, goldens } from '../goldens.js'

describe('rollout and pull-back match the adt_step goldens', () => {
  for (const golden of goldens('adt_step_d')) {
    it(golden.name, async function () {
      this.timeout(120_000)
      const { values } = await run(golden.folder, golden.case)
      const sets = new Set([...values.keys()].flatMap(name => name.match(/^grad\.\w+/) ?? []))
      assert.deepEqual(
        [...sets].sort(),
        ['adt', 'adt_with_start', 'diff', 'drtune', 'total'].map(set => `grad.${set}`),
      )
      for (const [name, { got, reference, kind }] of values) {
        const tolerance = kind === 'out' ? golden.case.tolerance : golden.case.tolerance_vjp!
        const share = errorShare(got, reference, tolerance)
        assert.ok(share <= 1, `${name}: error is ${share} times what is allowed`)
      }
    })
  }
})
