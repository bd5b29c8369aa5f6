/** A process of its own, in which every case is tried; it tells a line of JSON a case. try.ts FOLDER */
import { readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { imageFolder, parquetData, webDataset } from '../../src/data/index.js'
import { loadStatistics } from '../../src/metrics/index.js'
import {
  disposeDiffusionModel,
  disposeWeights,
  loadDiffusionModel,
  loadLora,
  loadModelFolder,
  loadTokenizer,
  readSafetensors,
  saveDiffusionModel,
} from '../../src/models/index.js'
import { randomModel } from '../../src/pretraining/index.js'
import { cases } from './cases.js'
import type { HostileCase, Tried } from './hostileCase.js'

const root = process.argv[2]!
const layout = join(root, 'sd15')
const model = await randomModel('sd15')
await saveDiffusionModel(model, layout)

const openers: Record<HostileCase['open'], (path: string) => Promise<unknown>> = {
  safetensors: readSafetensors,
  model: async path => disposeWeights((await loadModelFolder(path)).weights),
  pipeline: async path => {
    const loaded = await loadDiffusionModel(path)
    disposeDiffusionModel(loaded)
  },
  tokenizer: loadTokenizer,
  lora: path => loadLora(path, model.network, model.network.weights),
  statistics: loadStatistics,
  images: path => imageFolder(path, { size: 32 }).images([0]),
  tar: async path => (await webDataset([path], { size: 32 })).images([0]),
  parquet: async path => (await parquetData([path], { size: 32 })).images([0]),
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Memory that the process holds, and the most it has held since it was asked before, bytes; Linux alone tells. */
function memoryOf(field: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))
    return line ? Number(line[1]) * 1024 : undefined
  } catch {
    return undefined
  }
}
const forgetPeak = () => {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {}
}

async function attempt({ area, name, open, make }: HostileCase): Promise<Tried> {
  const folder = join(root, 'case')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  await cp(layout, folder, { recursive: true })
  const path = await make(folder)
  collect()
  forgetPeak()
  const before = memoryOf('VmRSS')
  const began = performance.now()
  let message: string | undefined
  try {
    await openers[open](path)
  } catch (error) {
    message = (error as Error).message.replaceAll(`${folder}/`, '')
  }
  const milliseconds = Math.round(performance.now() - began)
  const peak = memoryOf('VmHWM')
  const growth = before !== undefined && peak !== undefined ? { growth: (peak - before) / 2 ** 20 } : {}
  return { area, name, ...(message !== undefined && { message }), ...growth, milliseconds }
}

// Each opener once beforehand: libraries that are loaded at the first use are not the file's doing.
const first = new Map(cases.map(each => [each.open, each]))
for (const each of first.values()) await attempt(each)
for (const each of cases) console.log(JSON.stringify(await attempt(each)))
