// Entry point: node main.js CONNECTION_FILE [--preload FILE] [--check error|warn|off]. Jupyter starts it by the
// kernelspec; what is not said there may be said by the environment, ADT_KERNEL_PRELOAD and ADT_KERNEL_CHECK.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rememberConversions, startLanguage } from './language/index.js'
import { readPreloads } from './preload.js'
import { readConnection } from './protocol/connection.js'

const PARENT_POLL_MS = 1000

const CHECKINGS = ['error', 'warn', 'off'] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { preload: { type: 'string' }, check: { type: 'string' } },
})
const [connectionFile] = positionals
if (!connectionFile) {
  console.error('usage: node main.js CONNECTION_FILE [--preload FILE] [--check error|warn|off]. Jupyter starts it.')
  process.exit(2)
}

const { ADT_KERNEL_PRELOAD, ADT_KERNEL_CHECK } = process.env
const preloadFile = values.preload ?? (ADT_KERNEL_PRELOAD || fileURLToPath(new URL('../preload.json', import.meta.url)))
const check = values.check ?? (ADT_KERNEL_CHECK || 'error')

try {
  const checking = CHECKINGS.find(known => known === check)
  if (!checking) throw new Error(`--check or ADT_KERNEL_CHECK is "${check}": expected error, warn or off`)
  const connection = readConnection(connectionFile)
  const preloads = readPreloads(preloadFile)
  const language = rememberConversions(startLanguage({ preloads: preloads.found, folder: process.cwd(), checking }))
  // Only now: to load ZeroMQ takes as long as to start a process, and both go on at once.
  const { startKernel } = await import('./kernel.js')
  const kernel = await startKernel(connection, { preloads, language })
  process.on('SIGINT', () => kernel.interrupt())
  process.on('SIGTERM', () => void kernel.close())
  // Without its Jupyter server a kernel has no reason to go on.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void kernel.close()
  }, PARENT_POLL_MS).unref()
} catch (error) {
  console.error(`adt kernel: ${(error as Error).message}`)
  process.exit(1)
}
