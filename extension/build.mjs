/**
 * Builds the extension: TypeScript to lib/, then Jupyter's builder to labextension/.
 *
 * `jupyter-builder build` is a Python command that finds these two files and starts the one with the other; started here
 * directly, the build needs no Python and looks for nothing outside.
 */

import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const { resolve } = createRequire(import.meta.url)
const folder = dirname(fileURLToPath(import.meta.url))

run(resolve('typescript/bin/tsc'), '-p', 'tsconfig.json')
run(
  resolve('@jupyter/builder/lib/build-labextension.js'),
  '--core-package-file',
  resolve('@jupyterlab/core-meta/core.package.json'),
  folder,
)

function run(script, ...options) {
  const { status } = spawnSync(process.execPath, [script, ...options], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
