import { existsSync, readFileSync } from 'node:fs'
import { excerpt, npm, readsAsOffline } from './command.mjs'
import { inRoot } from './places.mjs'
import { SetupProblem } from './problem.mjs'

/** node_modules, exactly as package-lock.json has it. */
export const nodePackages = {
  title: 'npm packages',
  stamp: inRoot('node_modules', '.adt-setup.json'),
  inputs: ['package-lock.json', '.npmrc'],
  intact: isComplete,
  adopt: isComplete,
  make: install,
}

async function install() {
  const { code, output } = await npm([
    'ci',
    '--fetch-retry-mintimeout=2000',
    '--fetch-retry-maxtimeout=10000',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])
  if (code === 0) return
  throw new SetupProblem(
    `npm ci failed:\n${excerpt(output)}`,
    readsAsOffline(output)
      ? 'The npm registry could not be reached. Check the network (or npm config get registry) and run the command again.'
      : 'Mend what npm complains of and run the command again.',
  )
}

/**
 * npm writes its own record of node_modules as the last act of an install, so it also tells one that a person ran by
 * hand. Complete: that record has each package of the lock file at its version, and each one's folder is there.
 */
function isComplete() {
  const wanted = packagesOf(inRoot('package-lock.json'))
  const installed = packagesOf(inRoot('node_modules', '.package-lock.json'))
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(
    ([path, entry]) =>
      !path.includes('node_modules/') ||
      entry.optional ||
      (installed[path]?.version === entry.version && existsSync(inRoot(path))),
  )
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}
