/** How many trials fit on a cluster, beside what others run there. */
import type { Node } from './client.js'

/** What a trial asks of a node, by Ray's names. */
export type Request = { CPU: number; GPU: number }

/** A trial of ours, on its node once Ray has placed it. `ended` is a time in ms. */
export interface OwnJob {
  request: Request
  nodeId?: string
  ended?: number
}

/** The cluster's report of used resources is at most this old; until then it may count trials that have ended. */
export const reportAge = 10_000

/**
 * Trials that fit, ours that run now included: on each node what it has, less what others use, by what a trial asks.
 * @param usage each node's used resources as the cluster reports them, late
 * @param own our jobs: those that run, and those that ended a short while ago
 * @param now in ms
 */
export function slotsFor(
  request: Request,
  nodes: Node[],
  usage: Map<string, Record<string, number>>,
  own: OwnJob[],
  now: number,
): number {
  const recent = own.filter(job => job.ended === undefined || now - job.ended < reportAge)
  const others = new Map(nodes.map(node => [node.node_id, usedByOthers(node.node_id, usage, recent)]))
  // A job that Ray has just placed may be in the report before we know where it runs.
  for (const { request } of recent.filter(({ nodeId }) => nodeId === undefined)) {
    const place = [...others.values()].find(used => used.CPU >= request.CPU && used.GPU >= request.GPU)
    if (!place) continue
    place.CPU -= request.CPU
    place.GPU -= request.GPU
  }
  const fits = nodes.map(({ node_id, resources_total: total }) => {
    const used = others.get(node_id)!
    const times = [ratio((total.CPU ?? 0) - used.CPU, request.CPU), ratio((total.GPU ?? 0) - used.GPU, request.GPU)]
    return Math.max(0, Math.floor(Math.min(...times)))
  })
  return fits.reduce((sum, fit) => sum + fit, 0)
}

function usedByOthers(nodeId: string, usage: Map<string, Record<string, number>>, own: OwnJob[]): Request {
  const used = usage.get(nodeId) ?? {}
  const ours = own.filter(job => job.nodeId === nodeId)
  const rest = (name: keyof Request) =>
    Math.max(0, (used[name] ?? 0) - ours.reduce((sum, { request }) => sum + request[name], 0))
  return { CPU: rest('CPU'), GPU: rest('GPU') }
}

/** How often `each` goes into `free`; tenths of a GPU don't add up exactly in binary. */
const ratio = (free: number, each: number) => (each === 0 ? Number.POSITIVE_INFINITY : free / each + 1e-6)
