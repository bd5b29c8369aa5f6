import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout this file belongs to. */
export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))

export const inRoot = (...parts) => join(root, ...parts)

export const venv = inRoot('.venv')
export const venvPython = join(venv, 'bin', 'python')
/** JupyterLab of the venv looks here for kernelspecs and prebuilt extensions. */
export const jupyterData = join(venv, 'share', 'jupyter')
