import { cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { excerpt, npm, runQuietly } from './command.mjs'
import { inRoot, jupyterData, root, venv } from './places.mjs'
import { SetupProblem } from './problem.mjs'
import { sitePackages } from './pythonPackages.mjs'

const compilerInputs = ['package-lock.json', 'tsconfig.json']

/** The library: src → dist. */
export const library = {
  title: 'library',
  stamp: inRoot('dist', '.adt-setup.json'),
  inputs: [...compilerInputs, 'tsconfig.build.json', 'src'],
  make: () => compile('tsconfig.build.json', 'dist'),
}

/** The kernel: kernel/src → kernel/dist. It is typed against the library's dist. */
export const kernel = {
  title: 'kernel',
  stamp: inRoot('kernel', 'dist', '.adt-setup.json'),
  inputs: [...compilerInputs, 'src', 'kernel/src', 'kernel/tsconfig.json', 'kernel/package.json'],
  make: () => compile('kernel/tsconfig.json', 'kernel/dist'),
}

/**
 * The snapshot from which the kernel's language process begins, for this Node and in this place. The kernel works without
 * one, and is ready a second later.
 */
export const languageSnapshot = {
  title: 'kernel, what it begins from',
  stamp: inRoot('kernel', 'dist', '.adt-snapshot.json'),
  inputs: [...kernel.inputs, 'kernel/snapshot.mjs', 'kernel/preload.json'],
  facts: [root, process.version],
  async make() {
    const { code, output } = await runQuietly(process.execPath, [inRoot('kernel', 'snapshot.mjs')])
    if (code !== 0) console.log(`(left out: ${excerpt(output, 1)})`)
  },
}

/** The JupyterLab extension: extension/src and the views it draws → extension/labextension. */
export const extension = {
  title: 'JupyterLab extension',
  stamp: inRoot('extension', 'labextension', '.adt-setup.json'),
  inputs: [
    ...compilerInputs,
    'src/views',
    'src/samplers',
    'extension/src',
    'extension/style',
    'extension/schema',
    'extension/package.json',
    'extension/build.mjs',
    'extension/build.mjs',
    'extension/tsconfig.json',
  ],
  async make() {
    // The build calls JupyterLab's own builder, which is in the venv; and the venv's Python must find itself first.
    const env = { ...process.env, PATH: [join(venv, 'bin'), process.env.PATH].join(delimiter) }
    const result = await npm(['run', 'build', '-w', 'adt-extension'], { env })
    if (result.code !== 0) throw buildProblem('The JupyterLab extension', result.output)
  },
}

/** The kernelspec, where the venv's JupyterLab finds it. It names this checkout and this Node. */
export const kernelSpec = {
  title: 'kernelspec',
  stamp: join(jupyterData, 'kernels', 'adt', '.adt-setup.json'),
  inputs: ['kernel/install.mjs', 'kernel/package.json', 'kernel/logo'],
  facts: [root, process.execPath],
  intact: () => existsSync(join(jupyterData, 'kernels', 'adt', 'kernel.json')),
  async make() {
    const { writeKernelSpec } = await import(pathToFileURL(inRoot('kernel', 'install.mjs')).href)
    await writeKernelSpec(jupyterData)
  },
}

/** What tells papermill how parameters are written in TypeScript, among the venv's packages. */
export const papermillTranslator = {
  title: "papermill's TypeScript",
  stamp: join(venv, '.adt-papermill.json'),
  inputs: ['kernel/papermill'],
  intact: () => existsSync(venv) && existsSync(join(sitePackages(), 'adt_papermill.py')),
  make() {
    cpSync(inRoot('kernel', 'papermill'), sitePackages(), { recursive: true })
  },
}

const installedExtension = join(jupyterData, 'labextensions', 'adt-extension')

/** The built extension, where the venv's JupyterLab finds it. */
export const labExtension = {
  title: 'JupyterLab extension, installed',
  stamp: join(installedExtension, '.adt-setup-installed.json'),
  inputs: ['extension/labextension'],
  intact: () => existsSync(join(installedExtension, 'package.json')),
  make() {
    const part = `${installedExtension}.part`
    rmSync(part, { recursive: true, force: true })
    cpSync(inRoot('extension', 'labextension'), part, { recursive: true })
    rmSync(installedExtension, { recursive: true, force: true })
    renameSync(part, installedExtension)
  },
}

/** Compiles beside the old output and swaps at the end, so that neither a stop in the middle nor a deleted source shows. */
async function compile(project, output) {
  const part = `${output}.part`
  rmSync(inRoot(part), { recursive: true, force: true })
  const options = ['--outDir', inRoot(part), '--tsBuildInfoFile', inRoot(part, '.tsbuildinfo')]
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const result = await runQuietly(process.execPath, [tsc, '-p', inRoot(project), ...options])
  if (result.code !== 0) throw buildProblem(project, result.output)
  rmSync(inRoot(output), { recursive: true, force: true })
  renameSync(inRoot(part), inRoot(output))
}

const buildProblem = (what, output) =>
  new SetupProblem(
    `${what} does not build:\n${excerpt(output, 24)}`,
    'Mend the errors above and run the command again.',
  )
