import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot, root } from '../setup/places.mjs'
import { hasGpu } from '../setup/versions.mjs'

const packageBin = (...parts) => inRoot('node_modules', ...parts)

/**
 * What `npm test` runs after the set-up, the quick things first.
 * @typedef {object} Runner
 * @property {string} name what a person types to run only this
 * @property {string[]} args for Node
 * @property {boolean} [single] its exit code is one test; otherwise it writes its counts to the file ADT_TEST_COUNTS
 * @property {boolean} [alone] it runs when nothing else does
 * @property {number} minutes after which it is ended and counts as failed
 */
export function allRunners() {
  const lint = {
    name: 'lint',
    args: [packageBin('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'],
    single: true,
    minutes: 3,
  }
  const types = {
    name: 'types',
    args: [packageBin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit'],
    single: true,
    minutes: 5,
  }
  const specs = { name: 'tensorflow-specs', args: ['--import=tsx', 'test/tensorflow-specs/run.ts'], minutes: 10 }
  return [lint, types, ...folders(isUnit).map(mocha), specs, ...folders(isWhole).map(mocha)]
}

/** These start servers, kernels and browsers: they come after everything quick. */
const whole = ['kernel', 'setup', 'server', 'browser']
const isWhole = name => whole.includes(name)
const isUnit = name => !isWhole(name)

/** The folders of test/ that hold mocha tests: the arithmetic first, then in the order of the list, others by name. */
function folders(wanted) {
  const rank = name => ['samplers', 'views', 'data', ...whole].indexOf(name)
  return readdirSync(inRoot('test'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && wanted(entry.name) && hasTests(inRoot('test', entry.name)))
    .map(entry => entry.name)
    .sort((a, b) => (rank(a) + 1 || 99) - (rank(b) + 1 || 99) || a.localeCompare(b))
}

const hasTests = folder => readdirSync(folder, { recursive: true }).some(name => name.endsWith('.test.ts'))

/** A process for each folder: a crash in native code, or memory left behind, stays within it. */
function mocha(name) {
  const spec = `test/${name}/**/*.test.ts`
  const reporter = inRoot('scripts', 'testing', 'reporter.mjs')
  const args = [packageBin('mocha', 'bin', 'mocha.js'), '--reporter', reporter, spec]
  // A browser takes both cores when it draws, and is watched while it does.
  return { name, args, alone: name === 'browser', minutes: 15 }
}

/**
 * Runs all of them, two side by side where there are two cores: one side takes from the beginning of the list, the other
 * from its end, where those are that start servers and kernels and mostly wait; then those that run alone. With a GPU one
 * after the other: some tests fill its memory.
 * @param {Runner[]} runners
 * @param {string} node the Node that runs them
 * @param {(report: string) => void} print is given what one has to report, when it is done
 * @returns {Promise<{ passed: number, failed: number }>} of all
 */
export async function runAll(runners, node = process.execPath, print = console.log) {
  const waiting = runners.filter(({ alone }) => !alone)
  const last = runners.filter(({ alone }) => alone)
  const total = { passed: 0, failed: 0 }
  const side = async next => {
    for (let runner = next(); runner; runner = next()) {
      const { passed, failed, report } = await runTests(runner, node)
      print(report)
      total.passed += passed
      total.failed += failed
    }
  }
  const sides = [side(() => waiting.shift())]
  if (availableParallelism() > 1 && !hasGpu()) sides.push(side(() => waiting.pop()))
  const interrupted = () => process.exit(130)
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  await Promise.all(sides)
  await side(() => last.shift())
  process.removeListener('SIGINT', interrupted).removeListener('SIGTERM', interrupted)
  return total
}

/** Runs one. Its output is reported only when something failed, but for what it says as it goes. */
async function runTests(runner, node) {
  const scratch = mkdtempSync(join(tmpdir(), 'adt-test-'))
  const countsFile = join(scratch, 'counts.json')
  const start = performance.now()
  try {
    const { code, output, late } = await runGroup(runner, node, { ...process.env, ADT_TEST_COUNTS: countsFile })
    const counts = countsOf(runner, code, countsFile)
    const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 }
    const lines = []
    if (late) lines.push(`  ✗ ${runner.name}: ended after ${runner.minutes} minutes`)
    else if (!counts) lines.push(`  ✗ ${runner.name}: stopped with code ${code} before its tests were done`)
    if (output.trim() && (!runner.single || code !== 0)) lines.push(output.trimEnd())
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const sign = failed > 0 ? '✗' : '✓'
    lines.push(`${sign} ${runner.name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`)
    return { passed, failed, report: lines.join('\n') }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function countsOf(runner, code, file) {
  if (runner.single) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  if (!existsSync(file)) return undefined
  const counts = JSON.parse(readFileSync(file, 'utf8'))
  // A failure after the last test, in an exit handler or in native code, is a failure too.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** In a process group of its own, so that a runner out of time, or we ourselves ended, takes all it started along. */
function runGroup(runner, node, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, runner.args, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    let late = false
    const take = chunk => {
      output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const end = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
    const timer = setTimeout(() => {
      late = true
      end()
    }, runner.minutes * 60_000)
    process.once('exit', end)
    child.once('error', reject)
    child.once('exit', code => {
      clearTimeout(timer)
      process.removeListener('exit', end)
      end() // what it left running
      setImmediate(() => resolve({ code: code ?? 1, output, late }))
    })
  })
}
