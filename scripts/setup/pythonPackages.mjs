import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, excerpt, readsAsOffline, runQuietly } from './command.mjs'
import { inRoot, root, venv, venvPython } from './places.mjs'
import { SetupProblem } from './problem.mjs'
import { findPython, hasGpu } from './versions.mjs'

const constraints = 'scripts/setup/python/constraints.txt'
/** Which Python and which place the venv was made for. */
const originFile = join(venv, '.adt-origin.json')

/** .venv: JupyterLab and TensorFlow at their pinned versions. @throws SetupProblem when the environment asks for nonsense */
export function pythonPackages() {
  const tensorflow = tensorflowVariant()
  const requirements = ['lab', ...(tensorflow ? [tensorflow] : [])].map(name => `scripts/setup/python/${name}.txt`)
  return {
    title: `Python packages (JupyterLab, ${tensorflow === 'tensorflow-gpu' ? 'TensorFlow with CUDA' : 'TensorFlow'})`,
    stamp: join(venv, '.adt-setup.json'),
    inputs: [...requirements, constraints],
    intact: () => isIntact(requirements),
    adopt: () => isIntact(requirements),
    make: () => make(requirements),
  }
}

/**
 * The requirements file of the TensorFlow that fits this machine: with CUDA where NVIDIA's driver answers. Overrides:
 * ADT_TENSORFLOW_BUILD=cpu or gpu; and none is installed when ADT_TENSORFLOW names a folder that holds one.
 */
function tensorflowVariant() {
  if (process.env.ADT_TENSORFLOW) return undefined
  const asked = process.env.ADT_TENSORFLOW_BUILD
  if (asked && asked !== 'cpu' && asked !== 'gpu') {
    throw new SetupProblem(`ADT_TENSORFLOW_BUILD is '${asked}'.`, "Set it to 'cpu' or 'gpu', or leave it out.")
  }
  const gpu = asked ? asked === 'gpu' : hasGpu()
  return gpu ? 'tensorflow-gpu' : 'tensorflow-cpu'
}

async function make(requirements) {
  if (!canBeMended()) {
    const python = findPython()
    rmSync(venv, { recursive: true, force: true })
    const made = await runQuietly(python.executable, ['-m', 'venv', venv])
    if (made.code !== 0) {
      throw new SetupProblem(
        `Python ${python.version} could not make .venv:\n${excerpt(made.output)}`,
        'Mend what Python complains of (often: apt-get install python3-venv, or a full disk) and run the command again.',
      )
    }
    // JupyterLab runs a script of its own in Node, written for CommonJS; the repository's package.json says otherwise.
    writeFileSync(join(venv, 'package.json'), '{ "type": "commonjs" }\n')
    writeFileSync(originFile, JSON.stringify({ root, python: python.executable }))
  }
  await pip(requirements)
  if (!isIntact(requirements)) {
    // pip believes its own records; files that went missing under them need a new venv.
    rmSync(venv, { recursive: true, force: true })
    throw new SetupProblem(
      '.venv was damaged: files of its packages were missing. It has been removed.',
      'Run the command again.',
    )
  }
}

async function pip(requirements) {
  const files = requirements.flatMap(file => ['-r', inRoot(file)])
  // Modules are compiled when they are first used: most of TensorFlow's never are.
  const options = [
    '--quiet',
    '--no-compile',
    '--disable-pip-version-check',
    '--retries',
    '2',
    '-c',
    inRoot(constraints),
  ]
  const { code, output } = await runQuietly(venvPython, ['-m', 'pip', 'install', ...options, ...files])
  if (code === 0) return
  throw new SetupProblem(
    `pip could not install the Python packages:\n${excerpt(output)}`,
    readsAsOffline(output)
      ? 'The Python package index could not be reached. Check the network (or pip config list) and run the command again: it goes on where it stopped.'
      : 'Mend what pip complains of and run the command again. Removing the folder .venv starts it afresh.',
  )
}

/** A venv made in this place, by the Python that ADT_PYTHON asks for if it does, whose Python and pip still work. */
function canBeMended() {
  return isUsable() && !isDamaged() && ask(venvPython, ['-c', 'import pip']) !== undefined
}

function isUsable() {
  if (!existsSync(venvPython)) return false // a link: false too when the Python it points to is gone
  const origin = readOrigin()
  if (!origin || origin.root !== root) return false
  const asked = process.env.ADT_PYTHON
  return !asked || findPython(asked).executable === origin.python
}

function readOrigin() {
  try {
    return JSON.parse(readFileSync(originFile, 'utf8'))
  } catch {
    return undefined
  }
}

/** Each pinned distribution is recorded as installed, and the files we start from are there. */
function isIntact(requirements) {
  if (!isUsable() || isDamaged()) return false
  const installed = installedVersions()
  return pinnedIn(requirements).every(({ name, version }) => installed.get(name) === version)
}

const canonical = name => name.toLowerCase().replace(/[-_.]+/g, '-')

const pinnedIn = requirements =>
  requirements.flatMap(file =>
    readFileSync(inRoot(file), 'utf8')
      .split('\n')
      .map(line => /^([\w.-]+)(?:\[.*\])?==([\w.]+)$/.exec(line.trim()))
      .filter(match => match !== null)
      .map(([, name, version]) => ({ name: canonical(name), version })),
  )

function installedVersions() {
  const recorded = readdirSync(sitePackages())
    .map(name => /^(.+)-([^-]+)\.dist-info$/.exec(name))
    .filter(match => match !== null)
  return new Map(recorded.map(([, name, version]) => [canonical(name), version]))
}

const tensorflowLibrary = 'tensorflow/libtensorflow_cc.so.2'
const mainFiles = {
  pip: 'pip/__init__.py',
  jupyterlab: 'jupyterlab/__init__.py',
  'jupyter-server': 'jupyter_server/__init__.py',
  nbclient: 'nbclient/__init__.py',
  tensorflow: tensorflowLibrary,
  'tensorflow-cpu': tensorflowLibrary,
}

/** Whether a package is gone of which pip still has the record: someone deleted files by hand. */
function isDamaged() {
  const installed = installedVersions()
  return Object.entries(mainFiles).some(
    ([name, file]) => installed.has(name) && !existsSync(join(sitePackages(), file)),
  )
}

/** The venv's folder of packages. */
export function sitePackages() {
  const lib = join(venv, 'lib')
  const version = readdirSync(lib).find(name => name.startsWith('python3'))
  if (version) return join(lib, version, 'site-packages')
  throw new SetupProblem(`${lib} holds no Python.`, 'Remove the folder .venv and run the command again.')
}
