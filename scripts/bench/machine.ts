/** Where figures come from: processor, GPU, versions, threads. */

import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

export type Machine = Record<string, unknown>

/** The machine itself. */
export function machine(): Machine {
  const cores = cpus()
  return {
    cpu: `${cores.length} × ${cores[0]?.model ?? 'unknown processor'}`,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    ...gpu(),
  }
}

/** Above this, others' work shows in the figures, and in PyTorch's most: its threads spin while they wait for each other. */
const quiet = 0.1

/**
 * The share of the processor that other programs take, to be asked while both sides wait.
 * @param warn told when it is too much for figures that mean anything
 */
export async function othersShare(warn: (what: string) => void): Promise<number> {
  const times = () =>
    cpus().reduce(
      (sum, { times: { idle, user, nice, sys, irq } }) => ({
        idle: sum.idle + idle,
        all: sum.all + idle + user + nice + sys + irq,
      }),
      { idle: 0, all: 0 },
    )
  const before = times()
  await new Promise(resolve => setTimeout(resolve, 1000))
  const after = times()
  const share = Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all))) / 100
  if (share > quiet) {
    warn(
      `Other programs take ${Math.round(100 * share)} % of the processor: times, and PyTorch's above all, mean little.`,
    )
  }
  return share
}

/** MiB that programs hold of the GPU that is used; 0 without one. */
export function gpuMemoryTaken(): number {
  const { CUDA_VISIBLE_DEVICES: chosen } = process.env
  const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits', ...(chosen ? [`--id=${chosen}`] : [])]
  return Number(nvidiaSmi(query)?.split('\n')[0] ?? 0)
}

/** What NVIDIA's own tool says; undefined where there is none. */
function nvidiaSmi(args: string[]): string | undefined {
  try {
    return execFileSync('nvidia-smi', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

/** Name, driver and the newest CUDA it can run, as NVIDIA's own tool says; nothing without one. */
function gpu(): Machine {
  const answer = nvidiaSmi(['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'])
  if (!answer) return {}
  const [name, driver, memory] = answer.split('\n')[0]!.split(', ')
  return { gpu: name, driver, gpuMemory: memory, driverCuda: /CUDA Version: ([\d.]+)/.exec(nvidiaSmi([]) ?? '')?.[1] }
}

/** For reading: a line for the machine, and one for what each side says of its versions and threads. */
export function describe(machine: Machine): string {
  const line = (fields: Machine) =>
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null && typeof value !== 'object')
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  const sides = ['ours', 'peer'].filter(side => machine[side])
  return [line(machine), ...sides.map(side => `${side}: ${line(machine[side] as Machine)}`)].join('\n')
}
