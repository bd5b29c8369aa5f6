import assert from 'node:assert/strict'
import { KERNEL, PRELOAD } from './client.js'
import { type Outcome, runConformance } from './conformance.js'

describe('kernel: conformance', function () {
  this.timeout(300_000)

  it("passes jupyter_kernel_test, Jupyter's own suite, and skips nothing of it", async () => {
    const outcomes: Outcome[] = []
    const argv = [process.execPath, KERNEL, '{connection_file}', '--preload', PRELOAD]
    const printed = await runConformance([{ name: 'adt', argv, interrupt_mode: 'message' }], outcome =>
      outcomes.push(outcome),
    )
    assert.ok(outcomes.length >= 13, `only ${outcomes.length} tests ran:\n${printed}`)
    assert.deepEqual(
      outcomes.filter(({ outcome }) => outcome !== 'pass'),
      [],
      printed,
    )
  })
})
