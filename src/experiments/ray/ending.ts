/** What a job's end means for its trial. */
import type { Ending } from '../executor.js'
import { parse } from '../metricLines.js'
import type { Job } from './client.js'
import type { components } from './openapi.js'

type ErrorType = components['schemas']['JobErrorType']

/** Ends that another try may not share: the node, or Ray's process on it, went away, or never came. */
const lost: ErrorType[] = [
  'JOB_SUPERVISOR_ACTOR_DIED',
  'JOB_SUPERVISOR_ACTOR_START_FAILURE',
  'JOB_SUPERVISOR_ACTOR_START_TIMEOUT',
  'JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE',
  'JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE',
]

/** Exit codes of a program that was asked to end (SIGTERM, SIGINT), as Python and as shells write them. */
const interrupted = [-15, 143, -2, 130]

/** Whether the job's trial went away with what it ran on, so that its log is not to be had either. */
export const isLost = (job: Job) => lost.some(type => type === job.error_type)

/** @param output what the job printed; a trial says there why it failed */
export function endingOf(job: Job, output: string): Ending {
  if (job.status === 'SUCCEEDED') return { state: 'finished' }
  if (job.status === 'STOPPED') return { state: 'stopped' }
  const message = job.message?.trim() || 'The job failed, and Ray does not say why.'
  if (isLost(job)) return { state: 'lost', message: shortened(reasonIn(message)) }
  const code = job.driver_exit_code
  if (code === null || code === undefined) return { state: 'failed', message: shortened(message) }
  if (code === 75) return { state: 'lost', message: 'another process runs it' }
  // Nobody here stopped it: its machine is going down.
  if (interrupted.includes(code)) return { state: 'lost', message: `asked to end by its node (exit code ${code})` }
  const killed = code === -9 || code === 137 ? ' (killed: its node may be out of memory)' : ''
  return { state: 'failed', message: [`exit code ${code}${killed}`, ...lastWords(output)].join('\n') }
}

/** Of what Ray says about a process of its own that died, the part that says why, on one line. */
const reasonIn = (message: string) =>
  message.slice(message.search(/The actor died because|$/)).replace(/\s+/g, ' ') || message

const shortened = (text: string) => (text.length > 1000 ? `${text.slice(0, 1000)} …` : text)

/** The last lines that are the trial's own: neither metrics nor what Ray notes in the same log. */
function lastWords(output: string): string[] {
  const lines = output.split('\n').filter(line => line.trim() && !parse(line) && !notedByRay.test(line))
  return lines.slice(-20)
}

const notedByRay = /^Running entrypoint for job |^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\tINFO job_manager\.py/
