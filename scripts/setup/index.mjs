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
  const stages = [
    nodePackages,
    pythonPackages(),
    library,
    kernel,
    languageSnapshot,
    extension,
    kernelSpec,
    papermillTranslator,
    labExtension,
  ]
  if (stages.every(isFinished)) return
  // Leaving by process.exit ends what we started, npm or pip, along with us.
  const interrupted = () => process.exit(130)
  for (const signal of signals) process.once(signal, interrupted)
  await withLock(async () => {
    for (const stage of stages) {
      if (isFinished(stage)) continue
      const start = performance.now()
      process.stdout.write(`• ${stage.title} … `)
      await run(stage)
      console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`)
    }
  })
  for (const signal of signals) process.removeListener(signal, interrupted)
}
