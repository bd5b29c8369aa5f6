/** Where the Python with PyTorch is. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The venv that `npm run bench -- setup` makes. */
export const benchVenv = fileURLToPath(new URL('../../.venv-bench', import.meta.url))

export const howToGetPeer =
  'There is no PyTorch to compare with: run `npm run bench -- setup`, or set ADT_BENCH_PYTHON to a Python that has ' +
  'torch, diffusers, transformers and peft.'

/**
 * The Python that has PyTorch: ADT_BENCH_PYTHON, else the venv's; undefined when there is neither.
 * @throws Error when ADT_BENCH_PYTHON names a file that does not exist
 */
export function benchPython(): string | undefined {
  const named = process.env.ADT_BENCH_PYTHON
  if (named) {
    if (named.includes('/') && !existsSync(named)) throw new Error(`ADT_BENCH_PYTHON: there is no ${named}.`)
    return named
  }
  const own = `${benchVenv}/bin/python`
  return existsSync(own) ? own : undefined
}
