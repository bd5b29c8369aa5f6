/** `npm run bench -- setup`: PyTorch with diffusers and transformers in .venv-bench, at fixed versions. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { benchVenv } from './python.js'

/** What figures are compared with. torch's wheels for Linux bring CUDA's libraries and do not start without them. */
const packages = ['torch==2.15.0', 'diffusers==0.42.1', 'transformers==5.23.0']

const imports = 'import torch, diffusers, transformers; print(torch.__version__, torch.cuda.is_available())'

/**
 * Makes the venv, or brings it to these versions; what is there already stays.
 * @throws Error that says what to do when Python or pip fails
 */
export async function setup(): Promise<void> {
  const python = process.env.ADT_PYTHON || 'python3'
  const own = `${benchVenv}/bin/python`
  if (!existsSync(own)) {
    console.log('Making .venv-bench …')
    run(
      python,
      ['-m', 'venv', benchVenv],
      'Install Python 3.11 or newer with venv, or name one: ADT_PYTHON=/path/to/python3',
    )
  }
  console.log(`Installing ${packages.join(', ')} (about 3 GB to fetch and 6 GB on disk the first time) …`)
  run(
    own,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    'See what pip says above, and run the command again: it goes on where it stopped. Removing .venv-bench starts it afresh.',
  )
  const check = spawnSync(own, ['-c', imports], { encoding: 'utf8' })
  if (check.status !== 0) throw new Error(`.venv-bench does not work: ${check.stderr.trim().split('\n').at(-1)}`)
  const [version, gpu] = check.stdout.trim().split('\n').at(-1)!.split(' ')
  console.log(`Ready: PyTorch ${version}, ${gpu === 'True' ? 'on the GPU' : 'on the CPU'}.`)
}

function run(program: string, args: string[], advice: string): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`${program} failed${error ? ` (${error.message})` : ''}. ${advice}`)
}
