import assert from 'node:assert/strict'
import { run } from '../../src/cli/verify/scheduler.js'
import { errorShare, goldens } from '../goldens.js'

describe('samplers match the scheduler goldens', () => {
  for (const golden of goldens('scheduler_')) {
    it(golden.name, async () => {
      const { values } = await run(golden.folder, golden.case)
      assert.ok(values.size > 250)
      for (const [name, { got, reference }] of values) {
        const share = errorShare(got, reference, golden.case.tolerance)
        assert.ok(share <= 1, `${name}: error is ${share} times what is allowed`)
      }
    })
  }
})
