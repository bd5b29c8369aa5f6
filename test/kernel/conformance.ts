/** Runs Jupyter's own conformance suite on kernels by their commands. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface Outcome {
  kernel: string
  test: string
  outcome: 'pass' | 'FAIL' | 'skip'
  /** What was wrong, or is lacking. */
  why: string
}

export interface KernelCommand {
  /** One of those that conformance.py has samples for. */
  name: string
  argv: string[]
  env?: Record<string, string>
  interrupt_mode?: 'message'
}

export const PYTHON = resolve(import.meta.dirname, '../../.venv/bin/python')

/**
 * @param onOutcome told of each test as it ends
 * @returns what the suite wrote beside its outcomes
 */
export async function runConformance(kernels: KernelCommand[], onOutcome: (outcome: Outcome) => void): Promise<string> {
  assert.ok(existsSync(PYTHON), `${PYTHON} is not there: run npm start once`)
  const folder = await mkdtemp(join(tmpdir(), 'adt-conformance-'))
  try {
    for (const { name, ...spec } of kernels) {
      const place = join(folder, 'kernels', name)
      await mkdir(place, { recursive: true })
      const text = JSON.stringify({ display_name: name, language: 'any', ...spec })
      await writeFile(join(place, 'kernel.json'), text)
    }
    const script = join(import.meta.dirname, 'conformance.py')
    const env = { ...process.env, JUPYTER_PATH: folder }
    // Not in the checkout: tslab would take the tslab that it finds above its folder in place of itself.
    const child = spawn(PYTHON, [script, ...kernels.map(({ name }) => name)], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    child.stderr.setEncoding('utf8').on('data', text => {
      printed += text
    })
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{"kernel"')) onOutcome(JSON.parse(line) as Outcome)
      else printed += `${line}\n`
    }
    return printed
  } finally {
    await rm(folder, { recursive: true })
  }
}
