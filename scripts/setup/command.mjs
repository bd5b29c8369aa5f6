import { spawn, spawnSync } from 'node:child_process'
import { root } from './places.mjs'

/** Runs a command quietly; gives its exit code and everything it printed. Ends with us when we are interrupted. */
export function runQuietly(program, args, { env = process.env, cwd = root } = {}) {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = chunk => {
      output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const stop = () => child.kill('SIGTERM')
    process.once('exit', stop)
    const finish = code => {
      process.removeListener('exit', stop)
      resolve({ code, output })
    }
    child.on('error', error => {
      output += error.message
      finish(127)
    })
    child.on('close', code => finish(code ?? 1))
  })
}

/** Runs npm: the one that runs us, or the one on PATH. */
export function npm(args, options) {
  const own = process.env.npm_execpath
  return own ? runQuietly(process.execPath, [own, ...args], options) : runQuietly('npm', args, options)
}

/** Asks a program something short; undefined when it isn't there or fails. */
export function ask(program, args) {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 ? stdout.trim() : undefined
}

/** A command's output for a message, indented: whole when short, else how it began (npm's reason) and ended (pip's). */
export function excerpt(output, lines = 16) {
  const all = output.trimEnd().split('\n')
  const half = lines / 2
  const shown = all.length <= lines ? all : [...all.slice(0, half), '…', ...all.slice(-half)]
  return shown.map(line => `    ${line}`).join('\n')
}

const offline =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|Temporary failure in name resolution|NewConnectionError|Failed to establish a new connection|Network is unreachable|Connection refused|Could not connect|No route to host/i

/** Whether a command's output reads as if the network could not be reached. */
export const readsAsOffline = output => offline.test(output)
