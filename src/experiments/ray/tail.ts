/** Follows what a job prints, line by line, over as many connections as it takes. */
import WebSocket from 'ws'

const secondsBetweenConnections = 1

/**
 * Calls `onLine` for each line of the job's output from its beginning. A new connection begins at the beginning again, so
 * lines may come several times, in order each time. A last line without its end is not given.
 * @returns what ends it
 */
export function follow(
  { address, headers }: { address: string; headers: Record<string, string> },
  onLine: (line: string) => void,
): () => void {
  let ended = false
  let socket: WebSocket
  let timer: NodeJS.Timeout | undefined

  const connect = () => {
    let rest = ''
    // Ray's dashboard passes our offer to compress on to the node, whose compressed frames it then cannot read itself.
    socket = new WebSocket(address, { headers, perMessageDeflate: false })
    socket.on('message', data => {
      if (ended) return
      const lines = (rest + data.toString()).split('\n')
      rest = lines.pop()!
      lines.forEach(onLine)
    })
    // Errors are followed by close: the job may not have been placed, its node may be gone, the dashboard may restart.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!ended) timer = setTimeout(connect, secondsBetweenConnections * 1000)
    })
  }

  connect()
  return () => {
    ended = true
    clearTimeout(timer)
    socket.terminate()
  }
}
