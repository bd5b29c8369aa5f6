import { ask } from './command.mjs'
import { SetupProblem } from './problem.mjs'

const nodeNeeded = [20, 19]
const pythonFrom = [3, 10]
/** The newest Python that the pinned TensorFlow has wheels for. */
const pythonTo = [3, 13]

/** @throws SetupProblem when this Node is older than the library can run on, or the system has no TensorFlow wheel. */
export function checkNode(version = process.versions.node, platform = process.platform) {
  if (platform !== 'linux') {
    throw new SetupProblem(
      `ADT Lab runs on Linux; this is ${platform}.`,
      'Use Linux, or on Windows the Windows Subsystem for Linux.',
    )
  }
  if (isBefore(parse(version), nodeNeeded)) {
    throw new SetupProblem(
      `Node ${nodeNeeded.join('.')} or newer is needed; this is Node ${version}.`,
      'Install a current Node LTS release (20.19, 22 or 24), open a new terminal and run the command again.',
    )
  }
}

/**
 * The Python to make the venv with: ADT_PYTHON, else python3.
 * @throws SetupProblem when it's missing, its version doesn't fit, or it can't make venvs
 */
export function findPython(name = process.env.ADT_PYTHON || 'python3') {
  const range = `Python ${pythonFrom.join('.')} to ${pythonTo.join('.')}`
  const advice = `Install one of these, or point to one: ADT_PYTHON=/path/to/python3 npm start`
  const answer = ask(name, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'])
  if (!answer) throw new SetupProblem(`${range} is needed; '${name}' could not be run.`, advice)
  const [version, executable] = answer.split('\n')
  const found = parse(version)
  if (isBefore(found, pythonFrom) || isBefore(pythonTo, found)) {
    throw new SetupProblem(`${range} is needed; '${name}' is Python ${version}.`, advice)
  }
  if (ask(name, ['-c', 'import venv, ensurepip']) === undefined) {
    throw new SetupProblem(
      `'${name}' (Python ${version}) has no venv and ensurepip modules.`,
      `On Debian and Ubuntu: apt-get install python3-venv. Or point to another Python: ADT_PYTHON=/path/to/python3 npm start`,
    )
  }
  return { executable, version }
}

/** Whether NVIDIA's driver answers and has a GPU. */
export const hasGpu = () => Boolean(ask('nvidia-smi', ['-L'])?.includes('GPU '))

const parse = version => version.split('.').slice(0, 2).map(Number)
const isBefore = ([a, b], [c, d]) => a < c || (a === c && b < d)
