// Text printed by user code: what is written to process.stdout and process.stderr goes to the cell it belongs to.
import { emit } from './link.js'
import { currentScope } from './scope.js'

type Write = typeof process.stdout.write

export function captureOutput(): void {
  process.stdout.write = writer('stdout')
  process.stderr.write = writer('stderr')
}

function writer(name: 'stdout' | 'stderr'): Write {
  const decoder = new TextDecoder()
  return ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text) emit({ kind: 'stream', parent: currentScope().parent, name, text })
    const done = typeof encoding === 'function' ? encoding : callback
    if (typeof done === 'function') process.nextTick(done as () => void)
    return true
  }) as Write
}
