/** A job that Ray has taken, watched until it ends. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Ending, MetricLine, Running } from '../executor.js'
import { createMetricLines } from '../metricLines.js'
import type { Job, RayClient } from './client.js'
import { endingOf, isLost } from './ending.js'
import { patiently } from './patience.js'
import { follow } from './tail.js'

const secondsBetweenLooks = 0.5

export interface Watched {
  client: RayClient
  submissionId: string
  /** The trial's folder. */
  folder: string
  onMetric: (line: MetricLine) => void
  /** Called once, when Ray has found the job a node. */
  onPlaced: (nodeId: string) => void
}

/** The job as a running trial. */
export function watch({ client, submissionId, folder, onMetric, onPlaced }: Watched): Running {
  const lines = createMetricLines(folder, onMetric)
  let ended = false

  const untilEnd = async (): Promise<Ending> => {
    const unfollow = follow(client.tailAddress(submissionId), lines.read)
    try {
      const job = await terminal(client, submissionId, onPlaced)
      if (typeof job === 'string') return { state: 'lost', message: job }
      // All of it once more: the last lines may not have come before the end did.
      const output = isLost(job) ? '' : await client.logs(submissionId).catch(() => '')
      output.split('\n').forEach(lines.read)
      return endingOf(job, output)
    } finally {
      unfollow()
      lines.readFolder()
      ended = true
    }
  }
  const done = untilEnd()

  return {
    done,
    async stop() {
      // Ray passes it on to the trial once; it has nobody to pass it to while the job is being placed.
      while (!ended && !(await client.stop(submissionId).catch(() => false))) {
        await Promise.race([done, wait(secondsBetweenLooks * 1000)])
      }
      await done
    },
  }
}

/** The job once it has ended, or why it is not to be known any more. */
async function terminal(
  client: RayClient,
  submissionId: string,
  onPlaced: (nodeId: string) => void,
): Promise<Job | string> {
  let placed = false
  for (;;) {
    let job: Job | undefined
    try {
      job = await patiently(() => client.job(submissionId))
    } catch (error) {
      return (error as Error).message
    }
    if (!job) return `${client.address} no longer knows the job ${submissionId}: the cluster has been started anew.`
    if (!placed && job.driver_node_id) onPlaced(job.driver_node_id)
    placed ||= Boolean(job.driver_node_id)
    if (job.status !== 'PENDING' && job.status !== 'RUNNING') return job
    await wait(secondsBetweenLooks * 1000)
  }
}
