import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rayPython } from '../../scripts/ray/python.mjs'
import { freePorts } from '../ports.js'
import { fixtures } from './conformance.js'

/** A node of the cluster: a raylet, the process that stands for it. */
export interface RayNode {
  nodeId: string
  raylet: number
}

/** Two Ray nodes of one core each on this machine's loopback. */
export interface RayCluster {
  /** The dashboard's. */
  address: string
  python: string
  head: RayNode
  /** Nodes besides the head. */
  workers: RayNode[]
  /** Starts another node. */
  add(): Promise<RayNode>
  /** Ends the cluster: all that was started, and nothing else. */
  close(): Promise<void>
}

/** @throws Error when Ray cannot be installed, or the cluster does not come up */
export async function startRayCluster(): Promise<RayCluster> {
  const python = await rayPython()
  // Not of our process group: when the tests are ended by force, the end of its input still tells it to clean up.
  const child = spawn(python, [join(fixtures, 'rayCluster.py'), ...(await freePorts(8)).map(String)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints += chunk
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the Ray cluster did not start:\n${complaints.slice(-2000)}`)
    return JSON.parse(value)
  }
  const { address, nodes } = (await next()) as { address: string; nodes: [RayNode, RayNode] }
  const [head, ...workers] = nodes
  return {
    address,
    python,
    head,
    workers,
    async add() {
      child.stdin.write('add\n')
      const node: RayNode = await next()
      workers.push(node)
      return node
    },
    close: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.stdin!.end()
  await once(child, 'exit')
}
