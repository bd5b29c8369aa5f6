/**
 * `npm run test:node-lines`: the library and the kernel on the other Node LTS lines. npm's own packages bring each Node;
 * on each, TF.js's specs, the samplers' and data's tests and the kernel's run as `npm test` runs them here.
 */
import { npm } from './setup/command.mjs'
import { setUp } from './setup/index.mjs'
import { printProblem, SetupProblem } from './setup/problem.mjs'

const lines = ['22', '24']
const tests = ['samplers', 'data', 'tensorflow-specs', 'kernel']

try {
  await setUp()
  for (const line of lines) await testOn(line)
} catch (error) {
  printProblem(error)
  process.exitCode = 1
}

async function testOn(line) {
  const node = await nodeOf(line)
  const { allRunners, runAll } = await import('./testing/runners.mjs')
  const chosen = allRunners().filter(({ name }) => tests.includes(name))
  const { passed, failed } = await runAll(chosen, node)
  console.log(`Node ${line}: ${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

/** The program that npm's package holds: its `node` package only picks one of these, in an install script. */
async function nodeOf(line) {
  const holder = `node-linux-${process.arch}@${line}`
  const { code, output } = await npm(['exec', '--yes', `--package=${holder}`, '--', 'node', '-p', 'process.execPath'])
  if (code === 0) return output.trim().split('\n').at(-1)
  throw new SetupProblem(
    `npm could not bring Node ${line} (${holder}).`,
    'Check the network and run the command again.',
  )
}
