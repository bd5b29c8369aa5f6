// Entry point: node main.js CONNECTION_FILE [--preload FILE]. Jupyter starts it by the kernelspec.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startKernel } from './kernel.js'
import { readPreloads } from './preload.js'
import { readConnection } from './protocol/connection.js'

const PARENT_POLL_MS = 1000

const { values, positionals } = parseArgs({ allowPositionals: true, options: { preload: { type: 'string' } } })
const [connectionFile] = positionals
if (!connectionFile) {
  console.error('usage: node main.js CONNECTION_FILE [--preload FILE]. Jupyter starts this program by itself.')
  process.exit(2)
}

const preloadFile = values.preload ?? fileURLToPath(new URL('../preload.json', import.meta.url))

try {
  const connection = readConnection(connectionFile)
  const kernel = await startKernel(connection, readPreloads(preloadFile), end)
  async function end(): Promise<void> {
    await kernel.close()
    process.exit(0)
  }
  process.on('SIGINT', () => kernel.interrupt())
  process.on('SIGTERM', () => void end())
  // Without its Jupyter server a kernel has no reason to go on.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void end()
  }, PARENT_POLL_MS).unref()
} catch (error) {
  console.error(`adt kernel: ${(error as Error).message}`)
  process.exit(1)
}
