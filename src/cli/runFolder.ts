import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageBatch, toBytes, WriteError, writeFileAtomic, writeGrid } from '../data/index.js'
import { type Lock, takeLock } from '../experiments/lock.js'
import { makeFolder, removeEmpty } from '../tensorflow/folders.js'

/**
 * What the events of tuning and of pretraining have in common, as far as a run folder keeps them. `start` only says where
 * a run begins, or goes on.
 */
export interface RunEvent {
  kind: string
  iteration: number
  /** Of samples and of their references. */
  images?: ImageBatch
  /** What the discriminator judged. */
  real?: ImageBatch
  generated?: ImageBatch
}

/** The files of a run: `config.json`, `metrics.jsonl`, `samples/*.png`, `judged/*.png`, beside the run's own checkpoints. */
export interface RunFolder {
  folder: string
  /**
   * Keeps what an event says: a line for numbers and words, a picture for images (judged ones: the real, then the generated).
   * @throws WriteError (a full disk, say); what is there already still resumes
   */
  write(event: RunEvent): Promise<void>
  /** Lets other processes have the run. */
  close(): void
}

/**
 * Opens a run's folder, or makes it. A run that goes on drops the lines that come after its checkpoint, because they
 * will be written again: the first event's iteration says where that is. So there is neither gap nor repeat.
 *
 * @param config what the run was asked to do; kept as `config.json`
 * @throws Error when a new run's folder holds a run already, or another process works in it
 */
export function openRunFolder(folder: string, config: Record<string, unknown>, resume: boolean): RunFolder {
  const configFile = join(folder, 'config.json')
  const metricsFile = join(folder, 'metrics.jsonl')
  const made = makeFolder(folder)
  let lock: Lock | undefined
  try {
    lock = takeLock(folder)
    if (!lock) {
      throw new Error(`${folder}: another process works on this run; wait for its end, or choose another folder`)
    }
    if (!resume) {
      refuseRun(folder)
      writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`)
    }
  } catch (error) {
    lock?.release()
    removeEmpty(made)
    throw error
  }
  let rewound = !existsSync(metricsFile)
  return {
    folder,
    close: () => lock?.release(),
    async write(event) {
      if (!rewound) {
        rewind(metricsFile, event.iteration)
        rewound = true
      }
      if (event.kind === 'start') return
      const { images, real, generated, ...line } = event
      const name = event.kind === 'references' ? 'references.png' : `${String(event.iteration).padStart(6, '0')}.png`
      if (images) await writeGrid(join(folder, 'samples', name), images, { scale: images.shape[1]! < 128 ? 3 : 1 })
      if (real && generated) await writeGrid(join(folder, 'judged', name), joined(real, generated))
      if (event.kind === 'samples') return
      try {
        appendFileSync(metricsFile, `${JSON.stringify(line)}\n`)
      } catch (error) {
        throw new WriteError(metricsFile, error)
      }
    },
  }
}

/** @throws Error when a folder that a new run is to have holds one already */
export function refuseRun(folder: string): void {
  if (!existsSync(join(folder, 'config.json'))) return
  throw new Error(`${folder}: holds a run already; go on with --resume ${folder}, or choose another folder`)
}

/** Two batches of equal size as one. */
function joined(first: ImageBatch, second: ImageBatch): ImageBatch {
  const bytes = [first, second].map(({ data }) => (data instanceof Float32Array ? toBytes(data) : data))
  const data = new Uint8Array(bytes[0]!.length + bytes[1]!.length)
  data.set(bytes[0]!)
  data.set(bytes[1]!, bytes[0]!.length)
  return { data, shape: [first.shape[0]! + second.shape[0]!, ...first.shape.slice(1)] }
}

/** Keeps the lines of iterations before `first`. A last line that a crash cut short goes too. */
function rewind(file: string, first: number): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  const kept = lines.filter(line => {
    try {
      return (JSON.parse(line) as RunEvent).iteration < first
    } catch {
      return false
    }
  })
  writeFileAtomic(file, kept.map(line => `${line}\n`).join(''))
}

/**
 * What a run was asked to do, as its command wrote it down.
 * @throws Error when the folder holds no run of this command
 */
export function readRunConfig(folder: string, command: 'tune' | 'pretrain'): Record<string, unknown> {
  const file = join(folder, 'config.json')
  if (!existsSync(file)) throw new Error(`${folder}: holds no run to go on with (there is no config.json)`)
  let config: Record<string, unknown> | null
  try {
    config = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as Error).message.replaceAll('\n', ' ')})`, { cause: error })
  }
  if (config?.command === command) return config
  const other = ['tune', 'pretrain'].find(name => name === config?.command)
  const advice = other ? `go on with: adt ${other} --resume ${folder}` : 'name the folder of one'
  throw new Error(`${file}: is not of a run of adt ${command}; ${advice}`)
}
