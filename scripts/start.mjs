/** `npm start`: sets everything up, then opens JupyterLab on the quick start. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter } from 'node:path'
import { parseArgs } from 'node:util'
import { setUp } from './setup/index.mjs'
import { inRoot, root, venvPython } from './setup/places.mjs'
import { printProblem, SetupProblem } from './setup/problem.mjs'

const notebook = 'notebooks/01-quickstart.ipynb'
const firstPort = 8888
const portsTried = 100

const help = `npm start [-- options]    sets up what is missing, then opens JupyterLab on ${notebook}

  --port N       the port to listen on (default: the first free one from ${firstPort})
  --no-browser   print the address, open no browser
  --help         this text

Only this computer can connect (127.0.0.1). Ctrl-C stops it.
Environment: ADT_PYTHON (the Python that makes .venv), ADT_TENSORFLOW (a folder with TensorFlow's libraries),
ADT_TENSORFLOW_BUILD=cpu|gpu (default: gpu where nvidia-smi lists one).`

try {
  const options = readOptions()
  if (options.help) console.log(help)
  else {
    await setUp()
    process.exitCode = await openLab(options.port ?? (await freePort()), options.browser)
  }
} catch (error) {
  printProblem(error)
  process.exitCode = 1
}

function readOptions() {
  const see = 'See npm start -- --help'
  let values
  try {
    values = parseArgs({
      options: { port: { type: 'string' }, 'no-browser': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values
  } catch (error) {
    throw new SetupProblem(error.message, see)
  }
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new SetupProblem(`--port is '${values.port}', not a number from 1 to 65535.`, see)
  }
  return { port, browser: !values['no-browser'], help: values.help }
}

async function freePort() {
  for (let port = firstPort; port < firstPort + portsTried; port++) if (await isFree(port)) return port
  throw new SetupProblem(
    `No free port from ${firstPort} to ${firstPort + portsTried - 1}.`,
    'Stop a server that you no longer need, or name a port: npm start -- --port N',
  )
}

function isFree(port) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Runs JupyterLab until it ends or is interrupted; gives the exit code. */
async function openLab(port, browser) {
  if (!(await isFree(port))) {
    throw new SetupProblem(
      `Port ${port} is taken by another program.`,
      'Name another one (npm start -- --port N), or leave --port out to get the first that is free.',
    )
  }
  const configPath = [inRoot('jupyter-config'), process.env.JUPYTER_CONFIG_PATH].filter(Boolean).join(delimiter)
  const options = ['--ip=127.0.0.1', `--port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${root}`]
  if (process.getuid() === 0) options.push('--allow-root') // a container's user
  if (!browser) options.push('--no-browser')
  // In a process group of its own: Ctrl-C reaches us alone, and we stop it without its question "are you sure?".
  const page = existsSync(inRoot(notebook)) ? [notebook] : []
  const lab = spawn(venvPython, ['-m', 'jupyterlab', ...options, ...page], {
    cwd: root,
    env: { ...process.env, JUPYTER_CONFIG_PATH: configPath },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  let stopping = false
  const stop = () => {
    lab.kill(stopping ? 'SIGKILL' : 'SIGTERM')
    stopping = true
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  return new Promise((resolve, reject) => {
    lab.once('error', reject)
    lab.once('exit', code => {
      if (code === 0 || stopping) return resolve(0)
      printProblem(
        new SetupProblem(
          `JupyterLab ended with code ${code}.`,
          'Its own message is above. If that names a missing Python module, remove the folder .venv and run npm start again.',
        ),
      )
      resolve(1)
    })
  })
}
