/** What a command printed, and its exit status. */
export interface Ran {
  stdout: string
  stderr: string
  status: number
}

/** Runs `adt` within this process, which takes a second less than a process of its own. */
export async function runHere(...words: string[]): Promise<Ran> {
  // By the way of the modules that commands load when they run: mocha's own way would give each class twice.
  const { runCommand } = await import('../../src/cli/program.js')
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
