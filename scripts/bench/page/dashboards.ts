/** Dashboards that others made, on the trials of our sweep: Optuna's and TensorBoard. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { SweepView } from '../../../src/views/index.js'
import { freePort } from '../../../test/ports.js'

export interface Dashboard {
  readonly name: string
  start(): Promise<void>
  /** Goes there in a new page; gives the milliseconds until the curves are drawn. */
  open(page: Page): Promise<number>
  stop(): void
}

const venv = fileURLToPath(new URL('../../../.venv-dashboards', import.meta.url))
const packages = 'optuna-dashboard==0.21.0 tensorboard==2.21.0'
const howToGet = `There are no dashboards to compare with: python3 -m venv .venv-dashboards && .venv-dashboards/bin/pip install ${packages}`

/** Those that are installed. @param missing told how to get them, where none is */
export function dashboards({ trials: drawn }: SweepView, missing: (what: string) => void): Dashboard[] {
  if (!existsSync(join(venv, 'bin', 'optuna-dashboard'))) {
    missing(howToGet)
    return []
  }
  const folder = mkdtempSync(join(tmpdir(), 'adt-dashboards-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  // The very points that our view draws.
  const trials = drawn.map(({ settings, seed, curve }) => ({ ...settings, seed, ...curve }))
  writeFileSync(join(folder, 'trials.json'), JSON.stringify(trials))
  const writer = fileURLToPath(new URL('../peers/trials.py', import.meta.url))
  const written = spawnSync(join(venv, 'bin', 'python'), [writer, folder], { encoding: 'utf8' })
  if (written.status !== 0) throw new Error(`.venv-dashboards: ${written.stderr.trim().split('\n').at(-1)}`)
  const versions = JSON.parse(written.stdout) as Record<string, string>
  return [
    dashboard(
      `optuna-dashboard ${versions['optuna-dashboard']}`,
      port => ['optuna-dashboard', join(folder, 'journal.log'), '--host', '127.0.0.1', '--port', port],
      // The study's page draws the history, then the intermediate values of all trials.
      { path: '/dashboard/studies/0', drawn: '#graph-intermediate-values .scatterlayer .trace' },
    ),
    dashboard(
      `TensorBoard ${versions.tensorboard}`,
      port => ['tensorboard', '--logdir', join(folder, 'events'), '--host', '127.0.0.1', '--port', port],
      { path: '/#timeseries', drawn: 'line-chart canvas, line-chart svg path' },
    ),
  ]
}

function dashboard(
  name: string,
  command: (port: string) => string[],
  { path, drawn }: { path: string; drawn: string },
): Dashboard {
  let server: ChildProcess | undefined
  let url = ''
  return {
    name,
    async start() {
      const port = String(await freePort())
      const [program, ...args] = command(port)
      server = spawn(join(venv, 'bin', program!), args, { stdio: 'ignore' })
      url = `http://127.0.0.1:${port}`
      for (let i = 0; ; i++) {
        if (
          await fetch(url).then(
            ({ ok }) => ok,
            () => false,
          )
        )
          break
        if (i > 300 || server.exitCode !== null) throw new Error(`${name} does not start`)
        await sleep(100)
      }
    },
    async open(page) {
      const start = performance.now()
      await page.goto(url + path)
      await page.locator(drawn).first().waitFor({ state: 'attached', timeout: 30_000 })
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
      return performance.now() - start
    },
    stop: () => void server?.kill(),
  }
}
