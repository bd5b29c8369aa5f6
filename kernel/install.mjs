// Writes the kernelspec, with Node's built-ins only: the set-up calls it before and after there are node_modules.
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Puts the kernelspec "adt" where Jupyter finds it, over an earlier one.
 * @param {string} jupyterDataDir such as .venv/share/jupyter
 * @returns {string} the kernelspec's folder
 */
export function writeKernelSpec(jupyterDataDir) {
  const folder = join(jupyterDataDir, 'kernels', 'adt')
  mkdirSync(folder, { recursive: true })
  const spec = {
    argv: [process.execPath, join(here, 'dist', 'main.js'), '{connection_file}'],
    display_name: 'TypeScript (ADT)',
    language: 'typescript',
    interrupt_mode: 'message',
    kernel_protocol_version: '5.5',
    metadata: { debugger: true },
  }
  for (const logo of ['logo-svg.svg', 'logo-64x64.png']) copyFileSync(join(here, 'logo', logo), join(folder, logo))
  // Written last and at once: Jupyter lists a folder with a kernel.json.
  const file = join(folder, 'kernel.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(spec, null, 2)}\n`)
  renameSync(`${file}.new`, file)
  return folder
}
