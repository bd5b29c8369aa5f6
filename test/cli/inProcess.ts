import { runCommand } from '../../src/cli/program.js'

/** What a command printed, and its exit status. */
export interface Ran {
  stdout: string
  stderr: string
  status: number
}

/** Runs `adt` within this process, which takes a second less than a process of its own. */
export async function runHere(...words: string[]): Promise<Ran> {
  const { stdout, stderr } = process
  const texts = { stdout: '', stderr: '' }
  const writes = { stdout: stdout.write, stderr: stderr.write }
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (text: string | Uint8Array) => {
      texts[name] += text
      return true
    }
  }
  try {
    const status = await runCommand(words)
    return { ...texts, status }
  } finally {
    stdout.write = writes.stdout
    stderr.write = writes.stderr
    process.exitCode = undefined
  }
}
