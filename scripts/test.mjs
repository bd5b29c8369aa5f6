/** `npm test`: the set-up, then every check and test of the repository. `npm test -- samplers lint` runs only these. */
import { setUp } from './setup/index.mjs'
import { printProblem, SetupProblem } from './setup/problem.mjs'

try {
  await setUp()
  process.exitCode = await runAll(process.argv.slice(2))
} catch (error) {
  printProblem(error)
  process.exitCode = 1
}

async function runAll(names) {
  const { allRunners, runTests } = await import('./testing/runners.mjs')
  const known = allRunners()
  const unknown = names.filter(name => !known.some(runner => runner.name === name))
  if (unknown.length > 0) {
    throw new SetupProblem(
      `No tests are called ${unknown.join(', ')}.`,
      `There are ${known.map(({ name }) => name).join(', ')}.`,
    )
  }
  const total = { passed: 0, failed: 0 }
  for (const runner of names.length > 0 ? known.filter(({ name }) => names.includes(name)) : known) {
    const start = performance.now()
    const { passed, failed, skipped } = await runTests(runner)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(
      `${failed > 0 ? '✗' : '✓'} ${runner.name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`,
    )
    total.passed += passed
    total.failed += failed
  }
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed > 0 ? 1 : 0
}
