/** Our kernel and the three it is measured beside, each in its own version, with the same cells in its own language. */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export interface Command {
  /** `{connection_file}` stands for the file that Jupyter hands to a kernel. */
  argv: string[]
  env?: Record<string, string>
}

export interface Contestant {
  name: string
  /** Its own version and its language's. */
  version: string
  command: Command
  cells: Cells
}

/** What is asked of a kernel; `n` makes each text a new one. */
export interface Cells {
  /** Two lines, of which the first declares a variable. */
  declare(n: number): string
  /** To be run once before the others. */
  prepare(png: string): string
  /** Shows the picture that `prepare` read. */
  show: string
  /** The cursor is at its end; `hypot` is among the names that are expected. */
  complete(n: number): string
}

const inRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Where `npm run bench -- setup` puts tslab and Deno: not among our packages, where tslab has another TypeScript. */
export const peersFolder = inRoot('.bench-kernels')
export const peerPackages = ['tslab@1.0.22', 'deno@2.9.6']

const typescriptCells: Cells = {
  declare: n => `const v${n} = ${n} * 3\nv${n} + 1`,
  prepare: png => `import { readFileSync } from 'node:fs'\nconst png = readFileSync(${JSON.stringify(png)})`,
  show: 'png',
  complete: n => `const c${n} = ${n}\nMath.`,
}

/** @throws Error when our kernel is not built */
export function ours(): Contestant {
  const main = inRoot('kernel/dist/main.js')
  if (!existsSync(main)) throw new Error('The kernel is not built: run npm test -- lint once.')
  return {
    name: 'ours',
    version: `ADT ${versionIn(inRoot('package.json'))}, TypeScript ${versionIn(inRoot('node_modules/typescript/package.json'))}`,
    command: { argv: [process.execPath, main, '{connection_file}'] },
    cells: typescriptCells,
  }
}

/** @param missing told of each peer that is not there, and how to get it */
export function peers(missing: (what: string) => void): Contestant[] {
  const found = [tslab(), deno(), ipykernel()]
  for (const contestant of found) if (typeof contestant === 'string') missing(contestant)
  return found.filter(contestant => typeof contestant !== 'string')
}

const howToGet = (name: string) => `${name} is left out: it is not there. \`npm run bench -- setup\` fetches it.`

function tslab(): Contestant | string {
  const folder = `${peersFolder}/node_modules`
  const main = `${folder}/tslab/bin/tslab`
  if (!existsSync(main)) return howToGet('tslab')
  const typescript = versionIn(`${folder}/tslab/node_modules/@tslab/typescript-for-tslab/package.json`)
  return {
    name: 'tslab',
    version: `${versionIn(`${folder}/tslab/package.json`)}, TypeScript ${typescript}`,
    command: { argv: [process.execPath, main, 'kernel', '--config-path', '{connection_file}'] },
    cells: {
      ...typescriptCells,
      prepare: png => `import { display } from 'tslab'\n${typescriptCells.prepare(png)}`,
      show: 'display.png(png)',
    },
  }
}

function deno(): Contestant | string {
  if (!existsSync(`${peersFolder}/node_modules/deno/package.json`)) return howToGet('Deno')
  // The package's own command is a script in Node that starts this program.
  const system = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`
  const program = createRequire(`${peersFolder}/node_modules/deno/`).resolve(`@deno/${system}/deno`)
  return {
    name: 'Deno',
    version: versionIn(`${peersFolder}/node_modules/deno/package.json`),
    command: {
      argv: [program, 'jupyter', '--kernel', '--conn', '{connection_file}'],
      env: { DENO_NO_UPDATE_CHECK: '1' },
    },
    cells: {
      ...typescriptCells,
      prepare: png => `const png = Deno.readFileSync(${JSON.stringify(png)})`,
      show: 'Deno.jupyter.image(png)',
    },
  }
}

function ipykernel(): Contestant | string {
  const python = inRoot('.venv/bin/python')
  const ask = 'import ipykernel, platform; print(ipykernel.__version__, platform.python_version())'
  let versions: string[]
  try {
    versions = execFileSync(python, ['-c', ask], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split(' ')
  } catch {
    return 'ipykernel is left out: .venv is not there. `npm start` makes it.'
  }
  return {
    name: 'ipykernel',
    version: `${versions[0]}, Python ${versions[1]}`,
    command: { argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'] },
    cells: {
      declare: n => `v${n} = ${n} * 3\nv${n} + 1`,
      prepare: png => `import math\nfrom IPython.display import Image\npng = open(${JSON.stringify(png)}, 'rb').read()`,
      show: 'Image(data=png)',
      complete: n => `c${n} = ${n}\nmath.`,
    },
  }
}

const versionIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
