/**
 * Stable Diffusion 1.5, XL and 3 medium at their full size with made-up weights, tuned by Algorithm 1 with their presets:
 * seconds an iteration and memory, phase by phase. There is no peer: PyTorch has no such trainer at hand.
 *
 * `--only compile` compiles an iteration's parts in processes side by side, for XLA's cache on disk; `--only run` runs it.
 * Text embeddings are given, as a cache of them gives them: no text encoder is on the device.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { layoutNames } from '../../src/pretraining/layouts.js'
import { compileParts, type Figure, type FullSizeRequest } from './fullSizeRequest.js'
import { gpuMemoryTaken, type Machine, machine } from './machine.js'
import type { BenchOptions, Section } from './rows.js'

const parts = ['compile', 'run']

export async function* fullSize(options: BenchOptions): AsyncGenerator<Section> {
  const where = machine()
  const { model: name = 'sd15', batch = [1], precision = ['bf16'], lora, iterations = 4, checkpointing } = options
  // Without a GPU a full-size iteration takes hours.
  const { only = where.gpu ? parts : ['run'], size = where.gpu ? 'full' : 'small' } = options
  const unknown = only.find(part => !parts.includes(part))
  if (unknown) throw new Error(`full-size has no part ${unknown}. There are: ${parts.join(', ')}.`)
  const model = layoutNames.find(known => known === name)
  if (!model) throw new Error(`full-size has no model ${name}. There are: ${layoutNames.join(', ')}.`)
  for (const rows of batch) {
    for (const numbers of precision) {
      const request: FullSizeRequest = {
        model,
        size,
        batch: rows,
        precision: numbers,
        lora: lora ?? null,
        iterations,
        ...(checkpointing !== undefined && { checkpointing }),
      }
      warnOfOthers(options)
      if (only.includes('compile')) {
        const requests = compileParts.map(compile => ({ ...request, compile }))
        const failed: FullSizeRequest[] = []
        yield* figures(requests, failed, where, options)
        // XLA tries algorithms on the GPU, and gives up where their work space finds no room beside the others.
        for (const each of failed) yield* figures([each], [], where, options)
      }
      if (only.includes('run')) yield* figures([request], [], where, options)
    }
  }
}

/** A GPU on which others work has no room for a model of this size, and their work shows in its times. */
function warnOfOthers({ progress }: BenchOptions): void {
  const taken = gpuMemoryTaken()
  if (taken > 1024)
    progress(`Other programs hold ${taken} MiB of the GPU: expect neither room nor times that mean much.`)
}

/**
 * The figures of some processes side by side, each as soon as it is told.
 *
 * @param failed to which those are added that end otherwise than they should
 */
async function* figures(
  requests: FullSizeRequest[],
  failed: FullSizeRequest[],
  where: Machine,
  { progress }: BenchOptions,
): AsyncGenerator<Section> {
  const { model, batch, precision, lora } = requests[0]!
  const waiting: Figure[] = []
  let news: () => void = () => undefined
  let running = requests.length
  const children = requests.map(request => {
    const child = start(request)
    createInterface({ input: child.stdout }).on('line', line => {
      if (line.startsWith('{')) waiting.push(JSON.parse(line) as Figure)
      else progress(line)
      news()
    })
    createInterface({ input: child.stderr }).on('line', progress)
    child.on('close', (code, signal) => {
      running--
      if (code !== 0) {
        failed.push(request)
        progress(`${request.compile ?? 'the run'} ended with ${signal ?? `code ${code}`}`)
      }
      news()
    })
    return child
  })
  try {
    while (running > 0 || waiting.length > 0) {
      for (const { figure, value, unit } of waiting.splice(0)) {
        const setting = { model, batch, precision, tuned: lora === null ? 'all' : `LoRA ${lora}`, figure }
        const rows = [{ bench: 'full-size', setting, rounds: [value], peer: null, unit }]
        yield { machine: where, heading: `${model}, batch ${batch}, ${precision}`, rows }
      }
      if (running > 0 && waiting.length === 0) {
        await new Promise<void>(resolve => {
          news = resolve
        })
      }
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

/** How much of a GPU a process that compiles may take: what it computes then is thrown away. */
const shares = { 'pull-back': 0.15, forward: 0.1, discriminator: 0.1, autoencoder: 0.2 }

function start(request: FullSizeRequest): ChildProcessByStdio<null, Readable, Readable> {
  const script = fileURLToPath(new URL('./ours/fullSize.ts', import.meta.url))
  // One piece of memory from the start, so that a large work space finds one place in it.
  const environment = request.compile
    ? { ADT_GPU_MEMORY: `${shares[request.compile]}` }
    : { TF_FORCE_GPU_ALLOW_GROWTH: 'false' }
  return spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(request)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
