import { existsSync } from 'node:fs'
import { excerpt, runQuietly } from '../setup/command.mjs'
import { inRoot } from '../setup/places.mjs'
import { SetupProblem } from '../setup/problem.mjs'
import { findPython } from '../setup/versions.mjs'

const venv = inRoot('.venv-ray')
const requirements = inRoot('scripts', 'ray', 'requirements.txt')

/**
 * A Python that has Ray with its dashboard: ADT_RAY_PYTHON, else the one of .venv-ray, which is made where it's missing.
 * @throws SetupProblem when there is no Python to make it with, or pip could not install Ray
 */
export async function rayPython() {
  if (process.env.ADT_RAY_PYTHON) return process.env.ADT_RAY_PYTHON
  const python = `${venv}/bin/python`
  const hasRay = existsSync(python) && (await runQuietly(python, ['-c', 'import ray, aiohttp'])).code === 0
  if (!hasRay) await install(python)
  return python
}

async function install(python) {
  const steps = [
    [findPython().executable, ['-m', 'venv', '--clear', venv]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]],
  ]
  for (const [program, args] of steps) {
    const { code, output } = await runQuietly(program, args)
    if (code !== 0) {
      throw new SetupProblem(
        `Ray could not be installed:\n${excerpt(output)}`,
        'Mend what is named above, or point to a Python that has it: ADT_RAY_PYTHON=/path/to/python3',
      )
    }
  }
}
