import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

const slow = 20_000

/** Mocha's results in a few lines: failures whole, slow tests by name; the counts go to the file that ADT_TEST_COUNTS names. */
export default class Compact extends Mocha.reporters.Base {
  constructor(runner, options) {
    super(runner, options)
    runner.on('pass', test => {
      if (test.duration > slow) console.log(`  slow: ${test.fullTitle()} ${(test.duration / 1000).toFixed(0)} s`)
    })
    runner.on('fail', test => console.log(`  ✗ ${test.fullTitle()}`))
    runner.on('pending', test => console.log(`  skipped: ${test.fullTitle()}`))
    runner.once('end', () => {
      if (this.failures.length > 0) Mocha.reporters.Base.list(this.failures)
      const { passes, failures, pending } = runner.stats
      const counts = { passed: passes, failed: failures, skipped: pending }
      if (process.env.ADT_TEST_COUNTS) writeFileSync(process.env.ADT_TEST_COUNTS, JSON.stringify(counts))
      else console.log(`${passes} passed, ${failures} failed`)
    })
  }
}
