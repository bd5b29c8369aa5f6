/**
 * `npm run bench -- setup`: what is compared with, at fixed versions. PyTorch with diffusers and transformers in
 * .venv-bench; the kernels tslab and Deno in .bench-kernels.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { peerPackages, peersFolder } from './kernels/contestants.js'
import { benchVenv } from './python.js'

/** What figures are compared with. torch's wheels for Linux bring CUDA's libraries and do not start without them. */
const packages = ['torch==2.15.0', 'diffusers==0.42.1', 'transformers==5.23.0', 'peft==0.18.0', 'accelerate==1.12.0']

const imports = 'import torch, diffusers, transformers, peft; print(torch.__version__, torch.cuda.is_available())'

/**
 * Brings both to these versions; what is there already stays.
 * @throws Error that says what to do when npm, Python or pip fails
 */
export function setup(): void {
  setupKernels()
  setupPyTorch()
}

function setupKernels(): void {
  console.log(`Installing ${peerPackages.join(', ')} in .bench-kernels …`)
  mkdirSync(peersFolder, { recursive: true })
  // Without a package.json of its own npm would install into the project.
  writeFileSync(`${peersFolder}/package.json`, '{ "private": true }\n')
  // Nested as in tslab's own way, a global installation: elsewhere it does not find its types of Node. Neither package
  // needs its install script: both bring what they run.
  const options = [
    '--prefix',
    peersFolder,
    '--install-strategy',
    'nested',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel',
    'error',
  ]
  run('npm', ['install', '--save-exact', ...options, ...peerPackages], 'See what npm says above.')
}

function setupPyTorch(): void {
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
