import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../ports.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A JupyterLab as `npm start` opens it, with folders of its own for settings and running state. */
export interface Lab {
  url: string
  token: string
  /** What it printed so far. */
  output: () => string
  /** Ends its kernels and forgets what was set in it. */
  clear: () => Promise<void>
  /** Interrupts it as Ctrl-C does; gives its exit code. */
  stop: () => Promise<number | null>
}

const patience = 90_000

export async function startLab(): Promise<Lab> {
  const scratch = mkdtempSync(join(tmpdir(), 'adt-lab-'))
  const port = await freePort()
  const token = `test-${process.pid}-${Date.now().toString(36)}`
  turnOffAutosave(join(scratch, 'settings'))
  const lab = spawn(process.execPath, ['scripts/start.mjs', '--no-browser', '--port', String(port)], {
    cwd: root,
    env: {
      ...process.env,
      ADT_SHORT: '1',
      JUPYTER_TOKEN: token,
      JUPYTER_CONFIG_DIR: join(scratch, 'config'),
      JUPYTER_RUNTIME_DIR: join(scratch, 'runtime'),
      JUPYTERLAB_SETTINGS_DIR: join(scratch, 'settings'),
      JUPYTERLAB_WORKSPACES_DIR: join(scratch, 'workspaces'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const take = (chunk: Buffer) => {
    output += chunk
  }
  lab.stdout.on('data', take)
  lab.stderr.on('data', take)
  const url = `http://127.0.0.1:${port}/`
  const clear = async () => {
    const ask = (path: string, method = 'GET') => fetch(`${url}api/${path}?token=${token}`, { method })
    const sessions = (await (await ask('sessions')).json()) as { id: string }[]
    await Promise.all(sessions.map(({ id }) => ask(`sessions/${id}`, 'DELETE')))
    turnOffAutosave(join(scratch, 'settings'))
  }
  const stop = async () => {
    const code = await end(lab)
    rmSync(scratch, { recursive: true, force: true })
    return code
  }
  try {
    await answers(lab, `${url}api/status?token=${token}`, () => output)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, token, output: () => output, clear, stop }
}

/** The only setting: a test must not write into the notebooks it opens. */
function turnOffAutosave(settings: string): void {
  rmSync(settings, { recursive: true, force: true })
  const folder = join(settings, '@jupyterlab', 'docmanager-extension')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'plugin.jupyterlab-settings'), JSON.stringify({ autosave: false }))
}

async function answers(lab: ChildProcess, url: string, output: () => string): Promise<void> {
  const deadline = Date.now() + patience
  while (Date.now() < deadline) {
    if (lab.exitCode !== null) throw new Error(`npm start ended with code ${lab.exitCode}:\n${output()}`)
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    await sleep(100)
  }
  throw new Error(`JupyterLab did not answer within ${patience / 1000} s:\n${output()}`)
}

/** Interrupts a process, and kills it when that does not help. */
async function end(process: ChildProcess): Promise<number | null> {
  if (process.exitCode === null && process.signalCode === null) {
    const ended = once(process, 'exit')
    process.kill('SIGINT')
    const timer = setTimeout(() => process.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(timer)
  }
  return process.exitCode
}
