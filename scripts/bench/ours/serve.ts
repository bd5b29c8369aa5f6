/** Our side of the conversation: a line of JSON asks, a line of JSON answers, as peers/protocol.py does. */

import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { devices } from '../../../src/tensorflow/index.js'
import { native } from '../../../src/tensorflow/native.js'
import type { Reply, Request } from '../side.js'

/** Functions by the name that a request's `do` gives. */
// biome-ignore lint/suspicious/noExplicitAny: each function reads its own request, which its bench wrote
export type Functions = Record<string, (request: any) => Promise<Reply> | Reply>

/** Answers until the input ends. */
export async function serve(functions: Functions): Promise<void> {
  const all: Functions = { about, ...functions }
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request
    let reply: Reply
    try {
      reply = await all[request.do]!(request)
    } catch (error) {
      console.error(error)
      reply = { error: error instanceof Error ? error.message : String(error) }
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`)
  }
  process.exit(0)
}

/** Versions, threads and device. TensorFlow takes a thread a core unless its environment says otherwise. */
function about(): Reply {
  return {
    node: process.versions.node,
    tensorflow: native().version(),
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS ?? availableParallelism()),
    gpu: devices().some(({ type }) => type === 'GPU'),
  }
}

/** Seconds that a function takes; it must wait for its result itself. */
export async function seconds(f: () => unknown): Promise<number> {
  const began = performance.now()
  await f()
  return (performance.now() - began) / 1000
}
