/**
 * Peak memory of a generator update against K and the sampler's steps: it is one network call's, whatever they are.
 *
 * Each setting runs in a process of its own (`memoryOfUpdate.ts`), on the CPU. Two figures: what TensorFlow's allocator
 * had handed out at most during the update, weights and optimizer included, and the process's resident memory, which
 * also holds the library, JavaScript and what the allocator keeps for reuse, and so says less.
 */

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { machine } from './machine.js'
import type { BenchOptions, Section } from './rows.js'

export interface Setting {
  K: number
  steps: number
}

/** MiB. */
export interface UpdateMemory {
  /** Handed out by TensorFlow's allocator at the peak of the update. */
  tensorflow: number
  /** The same before the update: weights, their average, optimizer, features, discriminator. */
  rest: number
  /** Resident at the peak of the update. */
  resident: number
}

const settings: Setting[] = [20, 200].flatMap(steps => [1, 3, 10].map(K => ({ K, steps })))

export async function* memory({ rounds, progress }: BenchOptions): AsyncGenerator<Section> {
  const measured = settings.map((): UpdateMemory[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [i, setting] of settings.entries()) {
      progress(`round ${round} of ${rounds}: ${JSON.stringify(setting)}`)
      measured[i]!.push(await measure(setting))
    }
  }
  const section = (heading: string, figure: keyof UpdateMemory): Section => ({
    machine: machine(),
    heading,
    rows: settings.map((setting, i) => ({
      bench: 'memory',
      setting: { figure, ...setting },
      rounds: measured[i]!.map(memory => memory[figure]),
      peer: null,
      unit: 'MiB',
    })),
  })
  yield section("Peak of a generator update in TensorFlow's allocator", 'tensorflow')
  yield section('The same before the update', 'rest')
  yield section('Peak of a generator update in resident memory of the process', 'resident')
}

function measure(setting: Setting): Promise<UpdateMemory> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('memoryOfUpdate.ts', import.meta.url)), [JSON.stringify(setting)], {
      execArgv: process.execArgv,
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '2' },
    })
    child.on('message', memory => resolve(memory as UpdateMemory))
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`The measured process ended with ${code} and no figure.`)))
  })
}
