/** Jobs whose scheduler is gone, and which no study wants: a killed scheduler cannot stop its trials. */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { isAlive } from '../lock.js'
import type { Job, RayClient } from './client.js'

/** The id of a trial's n-th try, from 1: Ray takes each once, so that two processes cannot both start it. */
export function submissionId(key: string, folder: string, attempt: number): string {
  const place = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 8)
  return `adt-${key}-${place}-${attempt}`
}

/** As what a job's metadata has of the process that submitted it. */
export const thisScheduler = () => `${process.pid}@${hostname()}`

export const isUnderWay = (job: Job | undefined) => job?.status === 'PENDING' || job?.status === 'RUNNING'

/**
 * Stops what runs of some trials and was submitted by a process of this machine that has ended. Whether one on another
 * machine still lives is not to be known from here: its trials are left alone.
 * @returns how many were stopped
 */
export async function stopOrphans(
  client: RayClient,
  trials: readonly { key: string; folder: string }[],
): Promise<number> {
  let stopped = 0
  for (const { key, folder } of trials) {
    const last = await lastTry(client, key, folder)
    if (!last || !isUnderWay(last.job) || !isForsaken(last.job.metadata?.scheduler)) continue
    if (await client.stop(last.id)) stopped++
  }
  return stopped
}

async function lastTry(client: RayClient, key: string, folder: string): Promise<{ id: string; job: Job } | undefined> {
  let last: { id: string; job: Job } | undefined
  for (let attempt = 1; ; attempt++) {
    const id = submissionId(key, folder, attempt)
    const job = await client.job(id)
    if (!job) return last
    last = { id, job }
  }
}

function isForsaken(scheduler: string | undefined): boolean {
  const [pid, host] = scheduler?.split('@') ?? []
  return host === hostname() && !isAlive(Number(pid))
}
