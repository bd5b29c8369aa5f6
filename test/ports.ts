// Ports for servers that a test starts.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below those that systems give to outgoing connections, which could take one before the server has it. */
const FIRST = 20_000
const LAST = 32_767

/** Ports of the loopback that nothing uses now, each another. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  const servers: Server[] = []
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      servers.push(server)
      ports.push(port)
    } catch {
      // Another has it.
    }
  }
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}
