/**
 * Requests to Ray's dashboard. Not by `fetch`: it marks its requests as a browser's (Sec-Fetch-Mode), and the dashboard
 * answers a browser's POST and PUT with 405.
 */
import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { RayError } from './errors.js'

export interface Answer {
  status: number
  text: string
}

export interface Http {
  /** The dashboard's address, without a slash at the end. */
  readonly address: string
  readonly headers: Record<string, string>
  /** @throws RayError when no answer comes, whatever the reason; any status is an answer */
  send(method: 'GET' | 'PUT' | 'POST', path: string, body?: string | Uint8Array): Promise<Answer>
  close(): void
}

/** The dashboard is slow to answer while a node's agent starts. */
const secondsToAnswer = 60

/**
 * @param address as `dashboardAddress` gives it
 * @param token for clusters that ask for one (Ray's own variable is RAY_AUTH_TOKEN)
 */
export function createHttp(address: string, token?: string): Http {
  const secure = address.startsWith('https:')
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const request = secure ? requestHttps : requestHttp
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}

  const send: Http['send'] = (method, path, body) =>
    new Promise<Answer>((resolve, reject) => {
      const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream'
      const length = body === undefined ? 0 : Buffer.byteLength(body)
      const content = body === undefined ? {} : { 'content-type': type, 'content-length': String(length) }
      const fail = (error: Error) => {
        // The dashboard closed a connection that it had kept for us, just as we used it. What we send may be sent twice.
        if (call.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
          resolve(send(method, path, body))
        else reject(new RayError(unreachable(address, error), { cause: error }))
      }
      const call = request(address + path, { method, agent, headers: { ...headers, ...content } }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }))
      })
      call.setTimeout(secondsToAnswer * 1000, () => call.destroy(new Error(`no answer in ${secondsToAnswer} s`)))
      call.on('error', fail)
      call.end(body)
    })

  return { address, headers, send, close: () => agent.destroy() }
}

function unreachable(address: string, error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  if (code?.startsWith('HPE_')) {
    return (
      `${address} does not speak HTTP. It may be the cluster's own port (6379) or the Ray client's (10001): ` +
      "give the dashboard's address, which `ray start --head` prints (port 8265)."
    )
  }
  const reason = (code && reasons[code]) ?? error.message
  return (
    `No Ray dashboard answers at ${address} (${reason}). \`ray start --head\` starts one and prints its address; ` +
    "it needs pip's ray[default], and --dashboard-host=0.0.0.0 to be reached from other machines."
  )
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNRESET: 'it hung up',
  EHOSTUNREACH: 'there is no way to its host',
}

/**
 * The dashboard's address from what a person gave: `host:8265`, `http://host:8265/`.
 * @throws RayError for addresses of other kinds, with the one to give
 */
export function dashboardAddress(given: string): string {
  const address = given.includes('://') ? given : `http://${given}`
  if (address.startsWith('ray://')) {
    throw new RayError(
      `${given} is the address of Ray's Python client. Give the dashboard's: http://HOST:8265, as \`ray start --head\` prints it.`,
    )
  }
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new RayError(`'${given}' is no address of a Ray dashboard. One looks like http://HOST:8265.`)
  }
  return address.replace(/\/+$/, '')
}
