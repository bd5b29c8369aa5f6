import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./killed.ts', import.meta.url))

/** Runs the script and gives its lines; kills it with SIGKILL some milliseconds after a step. */
async function lines(args: string[], kill?: { step: number; after: number }): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.on('close', resolve))
  const printed: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line)
    if (kill && line === `step ${kill.step}`) setTimeout(() => child.kill('SIGKILL'), kill.after)
  }
  await ended
  return printed
}

describe('a run killed with SIGKILL', () => {
  it('while it writes checkpoints, twice, ends after resuming with the same weights, bit for bit', async function () {
    this.timeout(180_000)
    const folder = mkdtempSync(join(tmpdir(), 'adt-kill-'))
    try {
      const whole = (await lines(['-'])).at(-1)!
      assert.match(whole, /^weights [0-9a-f]{64}$/)
      const first = await lines([folder], { step: 6, after: 3 })
      assert.match(first.at(-1)!, /^step/)
      const second = await lines([folder, 'resume'], { step: 14, after: 11 })
      assert.match(second[0]!, /^step [5-9]$/)
      assert.match(second.at(-1)!, /^step/)
      assert.equal((await lines([folder, 'resume'])).at(-1), whole)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
