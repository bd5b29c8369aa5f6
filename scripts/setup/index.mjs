/**
 * The set-up that `npm start` and `npm test` share: everything from a bare checkout to a JupyterLab with our kernel and
 * extension. Only Node's built-ins are used here, since node_modules may not exist yet.
 */
import {
  extension,
  kernel,
  kernelSpec,
  labExtension,
  languageSnapshot,
  library,
  papermillTranslator,
} from './builds.mjs'
import { withLock } from './lock.mjs'
import { nodePackages } from './nodePackages.mjs'
import { pythonPackages } from './pythonPackages.mjs'
import { isFinished, run } from './stages.mjs'
import { checkNode } from './versions.mjs'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Brings the checkout up to date, doing only what is not done yet. @throws SetupProblem with what to do about it */
export async function setUp() {
  checkNode()
  const python = pythonPackages()
  // Side by side: while pip loads and unpacks, npm does, and then the compiler works.
  const first = [
    [nodePackages, library, kernel, languageSnapshot],
    [python, kernelSpec, papermillTranslator],
  ]
  const then = [extension, labExtension]
  if ([...first.flat(), ...then].every(isFinished)) return
  // Leaving by process.exit ends what we started, npm or pip, along with us.
  const interrupted = () => process.exit(130)
  for (const signal of signals) process.once(signal, interrupted)
  await withLock(async () => {
    const problems = []
    await Promise.all(first.map(stages => finish(stages, problems)))
    await finish(then, problems)
    if (problems.length > 0) throw problems[0]
  })
  for (const signal of signals) process.removeListener(signal, interrupted)
}

/**
 * One after the other. When one has failed, here or beside, what is at work comes to its end and nothing more begins.
 * @param problems to which it adds what went wrong
 */
async function finish(stages, problems) {
  for (const stage of stages) {
    if (problems.length > 0 || isFinished(stage)) continue
    const start = performance.now()
    console.log(`• ${stage.title} …`)
    try {
      await run(stage)
      console.log(`✓ ${stage.title}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
    } catch (error) {
      problems.push(error)
    }
  }
}
