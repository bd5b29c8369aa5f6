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

/** Name, driver and the newest CUDA it can run, as NVIDIA's own tool says; nothing without one. */
function gpu(): Machine {
  try {
    const ask = (args: string[]) =>
      execFileSync('nvidia-smi', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const [name, driver, memory] = ask(['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'])
      .split('\n')[0]!
      .split(', ')
    return { gpu: name, driver, gpuMemory: memory, driverCuda: /CUDA Version: ([\d.]+)/.exec(ask([]))?.[1] }
  } catch {
    return {}
  }
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
