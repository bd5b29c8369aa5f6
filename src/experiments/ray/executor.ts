/** Trials as jobs of a Ray cluster, through its Jobs REST interface. */
import { existsSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { packageRoot } from '../../data/files.js'
import type { Executor, Running, TrialTask } from '../executor.js'
import { createClient, type RayClient } from './client.js'
import { RayError } from './errors.js'
import { createHttp, dashboardAddress } from './http.js'
import { isUnderWay, stopOrphans, submissionId, thisScheduler } from './orphans.js'
import { type Code, type CodePackage, packCode, upload } from './package.js'
import { patiently } from './patience.js'
import { type OwnJob, type Request, reportAge, slotsFor } from './slots.js'
import { startScript } from './startScript.js'
import { watch } from './watch.js'

export interface RayOptions {
  /** The dashboard's, as `ray start --head` prints it: http://HOST:8265. */
  address: string
  /** Cores that a trial takes. Default 1. */
  cpus?: number
  /** GPUs that a trial takes when `slots` counts how many fit; parts of one share a card. Default 0. */
  gpus?: number
  /** What travels to the nodes. Default: this package's own code. */
  code?: Code
  /** For a cluster that asks for one. Default RAY_AUTH_TOKEN. */
  token?: string
}

/** The version that the types come from; older ones lack why and with which code a job ended. */
const oldestRay = [2, 60]

/** Seconds that a trial has for its last checkpoint when it is stopped. Ray gives 3. */
const secondsToStop = 60

/**
 * Runs trials on a Ray cluster. The trials' folders must be on a disk that all nodes see under the same path; see
 * startScript.ts for what a node has installed. A trial that runs already, started by a process that is gone, is not
 * started again but watched.
 *
 * @throws RayError when the address is of another kind; from `slots` and `start` when no dashboard answers there, or one of
 * a Ray that is too old
 */
export function rayExecutor({ address, cpus = 1, gpus = 0, code = ownCode(), token }: RayOptions): Executor {
  const client = createClient(createHttp(dashboardAddress(address), token ?? process.env.RAY_AUTH_TOKEN))
  const running = new Set<Running>()
  let own: OwnJob[] = []
  let connected = false
  let uploads: Promise<unknown> = Promise.resolve()
  let packed: CodePackage | undefined

  const connect = async () => {
    if (!connected) await checkVersion(client)
    connected = true
  }

  const count = async () => {
    const [nodes, usage] = await Promise.all([client.nodes(), client.usage()])
    own = own.filter(job => job.ended === undefined || Date.now() - job.ended < reportAge)
    return slotsFor({ CPU: cpus, GPU: gpus }, nodes, usage, own, Date.now())
  }

  return {
    name: 'ray',

    async slots() {
      await connect()
      // A dashboard that does not answer for a moment ends no study: nothing more is started until it does.
      return count().catch(() => (running.size > 0 ? running.size : patiently(count)))
    },

    async start(task, onMetric) {
      await connect()
      // Once: all trials of a study run the code that it was started with.
      packed ??= packCode(code)
      const { name, zip } = packed
      // One after another: the first uploads, the others find it there.
      uploads = uploads.catch(() => {}).then(() => patiently(() => upload(client, { name, zip })))
      await uploads
      const request: Request = { CPU: cpus, GPU: task.gpus }
      const job = {
        entrypoint: entrypoint(task, code),
        runtime_env: {
          working_dir: `gcs://${name}`,
          env_vars: { ...share(request), ...task.environment, RAY_JOB_STOP_WAIT_TIME_S: String(secondsToStop) },
        },
        metadata: { trial: task.key, folder: resolve(task.folder), scheduler: thisScheduler() },
        entrypoint_num_cpus: request.CPU,
        entrypoint_num_gpus: request.GPU,
      }
      const id = await patiently(() => claim(client, task, job))
      const place: OwnJob = { request }
      own.push(place)
      const onPlaced = (nodeId: string) => {
        place.nodeId = nodeId
      }
      const trial = watch({ client, submissionId: id, folder: task.folder, onMetric, onPlaced })
      running.add(trial)
      trial.done.then(() => {
        place.ended = Date.now()
        running.delete(trial)
      })
      return trial
    },

    async stopOrphans(trials) {
      await connect()
      return stopOrphans(client, trials)
    },

    async close() {
      await Promise.all([...running].map(trial => trial.stop()))
      client.close()
    },
  }
}

/** What keeps a trial to its share of a node: threads on a processor, memory on a card that it shares. */
function share({ CPU, GPU }: Request): Record<string, string> {
  if (GPU === 0) return { TF_NUM_INTRAOP_THREADS: String(Math.max(1, Math.floor(CPU))), TF_NUM_INTEROP_THREADS: '1' }
  return GPU < 1 ? { ADT_GPU_MEMORY: (0.92 * GPU).toFixed(3) } : {}
}

function ownCode(): Code {
  const root = packageRoot()
  return { root, files: ['dist', 'package.json', 'package-lock.json'].filter(file => existsSync(join(root, file))) }
}

async function checkVersion(client: RayClient): Promise<void> {
  const { ray_version: version } = await client.version().catch(error => {
    if (!(error instanceof RayError) || error.cause) throw error
    throw new RayError(
      `${client.address} answers, but not as a Ray dashboard does (${error.message}). Is it the address that ` +
        "`ray start --head` printed, and has that Ray its dashboard (pip's ray[default])?",
    )
  })
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < oldestRay[0]! || (major === oldestRay[0] && minor < oldestRay[1]!)) {
    throw new RayError(
      `${client.address} runs Ray ${version}; ${oldestRay.join('.')} or newer is needed on every node.`,
    )
  }
}

/**
 * Submits the trial's next try, or finds the one that runs already. The tries of a trial are numbered, and Ray takes each
 * number once: of two processes that start the same trial, one submits it and both watch it.
 */
async function claim(
  client: RayClient,
  task: TrialTask,
  request: Omit<Parameters<RayClient['submit']>[0], 'submission_id'>,
): Promise<string> {
  for (let attempt = 1; ; ) {
    const id = submissionId(task.key, task.folder, attempt)
    const job = await client.job(id)
    if (isUnderWay(job)) return id
    if (job) attempt++
    else if (await submit(client, { ...request, submission_id: id })) return id
  }
}

/** A connection may break after Ray has taken the job. */
async function submit(client: RayClient, request: Parameters<RayClient['submit']>[0]): Promise<boolean> {
  try {
    return await client.submit(request)
  } catch (error) {
    if (await client.job(request.submission_id)) return true
    throw error
  }
}

/** The shell command that runs the trial in the unpacked package: what travels is named by its path in there. */
function entrypoint({ command, folder }: TrialTask, { root, files }: Code): string {
  const travels = (word: string) =>
    files.some(file => word === join(root, file) || word.startsWith(join(root, file) + sep))
  const words = command.map(word => {
    if (word === process.execPath) return 'node'
    if (word === folder) return resolve(folder)
    return travels(word) ? relative(root, word) : word
  })
  return `exec ${['sh', startScript.name, root, resolve(folder), ...words].map(quoted).join(' ')}`
}

const quoted = (word: string) => (/^[\w./=:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
