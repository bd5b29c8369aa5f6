/** `npm test`: the set-up, then every check and test of the repository. `npm test -- samplers lint` runs only these. */
import { setUp } from './setup/index.mjs'
import { printProblem, SetupProblem } from './setup/problem.mjs'

try {
  await setUp()
  process.exitCode = await runNamed(process.argv.slice(2))
} catch (error) {
  printProblem(error)
  process.exitCode = 1
}

async function runNamed(names) {
  const { allRunners, runAll } = await import('./testing/runners.mjs')
  const known = allRunners()
  const unknown = names.filter(name => !known.some(runner => runner.name === name))
  if (unknown.length > 0) {
    throw new SetupProblem(
      `No tests are called ${unknown.join(', ')}.`,
      `There are ${known.map(({ name }) => name).join(', ')}.`,
    )
  }
  const { passed, failed } = await runAll(known.filter(({ name }) => names.length === 0 || names.includes(name)))
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}
