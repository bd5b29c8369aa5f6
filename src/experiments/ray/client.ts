/** Ray's dashboard as functions: what goes out is typed by its OpenAPI document, what comes back is checked by zod. */
import { z } from 'zod'
import { RayError } from './errors.js'
import type { Answer, Http } from './http.js'
import type { components, paths } from './openapi.js'

type Schemas = components['schemas']

/** A part of one of the document's schemas, checked: what else an answer holds is let go. */
const part = <Name extends keyof Schemas, Key extends keyof Schemas[Name]>(
  shape: z.ZodType<Pick<Schemas[Name], Key>>,
) => shape

const versionAnswer = part<'Version', 'version' | 'ray_version'>(
  z.object({ version: z.string(), ray_version: z.string() }),
)
const submitAnswer = part<'JobSubmitResponse', 'submission_id'>(z.object({ submission_id: z.string() }))
const stopAnswer = part<'JobStopResponse', 'stopped'>(z.object({ stopped: z.boolean() }))
const logsAnswer = part<'JobLogsResponse', 'logs'>(z.object({ logs: z.string() }))
const jobAnswer = part<
  'JobDetails',
  'status' | 'message' | 'error_type' | 'driver_node_id' | 'driver_exit_code' | 'metadata'
>(
  z.object({
    status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
    message: z.string().nullish(),
    error_type: z.string().nullish(),
    driver_node_id: z.string().nullish(),
    driver_exit_code: z.int().nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
  }),
)
const nodesAnswer = part<'Nodes', 'data'>(
  z.object({
    data: z.object({
      result: z.object({
        result: z.array(
          z.object({
            node_id: z.string(),
            state: z.enum(['ALIVE', 'DEAD']),
            resources_total: z.record(z.string(), z.number()),
          }),
        ),
      }),
    }),
  }),
)
const usageAnswer = part<'NodeUsage', 'data'>(
  z.object({ data: z.object({ nodeLogicalResources: z.record(z.string(), z.string()) }) }),
)

export type Job = z.infer<typeof jobAnswer>
export type Node = Schemas['Node']

export interface RayClient {
  readonly address: string
  version(): Promise<z.infer<typeof versionAnswer>>
  /** Submits a job; false when a job of that submission id exists already (Ray keeps ids apart, so this happens once). */
  submit(request: Schemas['JobSubmitRequest'] & { submission_id: string }): Promise<boolean>
  /** Undefined when there is no such job. */
  job(submissionId: string): Promise<Job | undefined>
  /** False when it no longer ran. */
  stop(submissionId: string): Promise<boolean>
  /** All that the job has printed. */
  logs(submissionId: string): Promise<string>
  /** Where a WebSocket gives what the job prints, from its beginning. */
  tailAddress(submissionId: string): { address: string; headers: Record<string, string> }
  /** Whether the cluster holds the package; if so, it keeps it for ten minutes more. */
  hasPackage(name: string): Promise<boolean>
  putPackage(name: string, zip: Uint8Array): Promise<void>
  /** Nodes that live now. */
  nodes(): Promise<Node[]>
  /** Each node's used resources by name. Up to about 5 seconds old. */
  usage(): Promise<Map<string, Record<string, number>>>
  close(): void
}

export function createClient(http: Http): RayClient {
  const call = async <T>(schema: z.ZodType<T>, method: 'GET' | 'POST', path: string, body?: object): Promise<T> =>
    read(schema, `${method} ${path}`, await http.send(method, path, body && JSON.stringify(body)))

  return {
    address: http.address,
    version: () => call(versionAnswer, 'GET', route('/api/version')),
    async submit(request) {
      const path = route('/api/jobs/')
      const answer = await http.send('POST', path, JSON.stringify(request))
      if (answer.status === 400 && answer.text.includes('already exists')) return false
      read(submitAnswer, `POST ${path}`, answer)
      return true
    },
    async job(submissionId) {
      const path = route('/api/jobs/{job_or_submission_id}', submissionId)
      const answer = await http.send('GET', path)
      return answer.status === 404 ? undefined : read(jobAnswer, `GET ${path}`, answer)
    },
    stop: async submissionId =>
      (await call(stopAnswer, 'POST', route('/api/jobs/{job_or_submission_id}/stop', submissionId))).stopped,
    logs: async submissionId =>
      (await call(logsAnswer, 'GET', route('/api/jobs/{job_or_submission_id}/logs', submissionId))).logs,
    tailAddress: submissionId => ({
      address: http.address.replace(/^http/, 'ws') + route('/api/jobs/{job_or_submission_id}/logs/tail', submissionId),
      headers: http.headers,
    }),
    async hasPackage(name) {
      const path = route('/api/packages/{protocol}/{package_name}', 'gcs', name)
      const answer = await http.send('GET', path)
      if (answer.status === 404) return false
      checkStatus(`GET ${path}`, answer)
      return true
    },
    async putPackage(name, zip) {
      const path = route('/api/packages/{protocol}/{package_name}', 'gcs', name)
      checkStatus(`PUT ${path}`, await http.send('PUT', path, zip))
    },
    nodes: async () => {
      const { data } = await call(nodesAnswer, 'GET', `${route('/api/v0/nodes')}?limit=10000`)
      return data.result.result.filter(({ state }) => state === 'ALIVE')
    },
    usage: async () => {
      const { data } = await call(usageAnswer, 'GET', `${route('/nodes')}?view=summary`)
      return new Map(Object.entries(data.nodeLogicalResources).map(([id, text]) => [id, usedIn(text)]))
    },
    close: () => http.close(),
  }
}

/** A path of the document with its placeholders filled in, in order. */
function route(path: keyof paths, ...values: string[]): string {
  let next = 0
  return path.replace(/\{\w+\}/g, () => encodeURIComponent(values[next++]!))
}

/** `0.5/1.0 GPU`, a line each; memory is written with units, and is not ours to count. */
function usedIn(text: string): Record<string, number> {
  const lines = [...text.matchAll(/^([\d.]+)\/[\d.]+ (\S+)/gm)]
  return Object.fromEntries(lines.map(([, used, name]) => [name, Number(used)]))
}

function read<T>(schema: z.ZodType<T>, what: string, answer: Answer): T {
  checkStatus(what, answer)
  let value: unknown
  try {
    value = JSON.parse(answer.text)
  } catch {
    throw new RayError(`${what}: the answer is not JSON: ${excerpt(answer.text)}`)
  }
  const { success, data, error } = schema.safeParse(value)
  if (!success) throw new RayError(`${what}: an unexpected answer: ${z.prettifyError(error)}`)
  return data
}

function checkStatus(what: string, { status, text }: Answer): void {
  if (status >= 200 && status < 300) return
  if (status === 401 || status === 403) {
    throw new RayError(`${what}: the cluster asks for a token (${excerpt(text)}). Set RAY_AUTH_TOKEN to it.`)
  }
  throw new RayError(`${what}: status ${status}: ${excerpt(text)}`)
}

/** Of a Python traceback the last line, which says what happened. */
const excerpt = (text: string) => (text.trim().split('\n').at(-1) ?? '').slice(0, 300)
