/**
 * Checkpoints: all tensors of a run's state as they are in memory, and the settings they belong to.
 *
 * A checkpoint is a folder `iteration-0000100` with `state.safetensors` and `state.json`. It is written under
 * another name and renamed when everything is on the disk, so a crash or a full disk leaves the one before usable.
 */

import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WriteError } from '../data/files.js'
import { openSafetensors, readJson, type TensorToWrite, writeJson, writeSafetensors } from '../models/index.js'
import { makeFolder } from '../tensorflow/folders.js'
import { tf } from '../tensorflow/index.js'
import type { Settings } from './settings.js'
import type { TuneState } from './state.js'

const version = 1
/** The newest and the one before, should its file system lose the newest. */
const kept = 2
const finished = /^iteration-(\d+)$/
const unfinished = 'writing-'

/** A run as it was after an iteration. */
export interface Resumed {
  iteration: number
  state: TuneState
  folder: string
}

/**
 * Writes a checkpoint and removes those older than the one before it.
 * @param parent folder of the run's checkpoints
 * @param iteration after which the state was
 * @returns the checkpoint's folder
 * @throws WriteError (a full disk, say); older checkpoints are then still there
 */
export async function saveCheckpoint(
  parent: string,
  iteration: number,
  state: TuneState,
  settings: Settings,
): Promise<string> {
  const temporary = join(parent, `${unfinished}${process.pid}-${randomBytes(4).toString('hex')}`)
  const folder = join(parent, `iteration-${String(iteration).padStart(7, '0')}`)
  try {
    makeFolder(parent)
    await removeUnfinished(parent)
    await writeSafetensors(join(temporary, 'state.safetensors'), toWrite(state))
    await writeJson(join(temporary, 'state.json'), { version, iteration, settings: comparable(settings) })
    await syncFolder(temporary)
    await rm(folder, { recursive: true, force: true })
    await rename(temporary, folder)
    await syncFolder(parent)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
    const cause = error instanceof WriteError ? error.cause : error
    throw (cause as NodeJS.ErrnoException).syscall ? new WriteError(folder, cause) : error
  }
  for (const old of (await checkpoints(parent)).slice(0, -kept)) await rm(old.folder, { recursive: true })
  return folder
}

/**
 * The newest checkpoint of a run; undefined when it has none yet.
 * @throws Error naming the settings that differ from the run's, or the file that cannot be read
 */
export async function loadCheckpoint(parent: string, settings: Settings): Promise<Resumed | undefined> {
  const newest = (await checkpoints(parent)).at(-1)
  if (!newest) return undefined
  const file = join(newest.folder, 'state.json')
  const stored = await readJson(file)
  if (stored.version !== version) throw new Error(`${file}: version ${stored.version} is not ${version}`)
  checkSame(file, stored.settings as Record<string, unknown>, comparable(settings))
  return { ...newest, state: await readState(join(newest.folder, 'state.safetensors')) }
}

/** Whether a run's folder already holds checkpoints. */
export async function hasCheckpoint(parent: string): Promise<boolean> {
  return (await checkpoints(parent)).length > 0
}

async function checkpoints(parent: string): Promise<{ iteration: number; folder: string }[]> {
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .flatMap(name => {
      const iteration = finished.exec(name)?.[1]
      return iteration === undefined ? [] : [{ iteration: Number(iteration), folder: join(parent, name) }]
    })
    .sort((a, b) => a.iteration - b.iteration)
}

async function removeUnfinished(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.startsWith(unfinished)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

/** A rename is on the disk only once the folder that holds the name is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync()
  await handle.close()
}

type Tree = { [name: string]: Tree | tf.Tensor }

/** Nested records of tensors under names joined by slashes; a parameter's own name has dots only. */
function toWrite(state: TuneState): Record<string, TensorToWrite> {
  const entries: Record<string, TensorToWrite> = {}
  const walk = (tree: Tree, path: string[]) => {
    for (const [name, value] of Object.entries(tree)) {
      if (!(value instanceof tf.Tensor)) walk(value, [...path, name])
      else {
        const data = async () => (await value.data()) as Float32Array
        entries[[...path, name].join('/')] = { dtype: 'F32', shape: value.shape, data }
      }
    }
  }
  walk(state as unknown as Tree, [])
  return entries
}

async function readState(file: string): Promise<TuneState> {
  const opened = await openSafetensors(file)
  try {
    const root: Tree = {}
    for (const name of Object.keys(opened.entries)) {
      const { data, shape } = await opened.read(name)
      const path = name.split('/')
      const leaf = path.pop()!
      let tree = root
      for (const part of path) {
        tree[part] ??= {}
        tree = tree[part] as Tree
      }
      tree[leaf] = tf.tensor(data as Float32Array, shape, 'float32')
    }
    const state = root as unknown as TuneState
    // A discriminator of the single kind has no twin, and an empty record leaves nothing in a file.
    if (state.discriminator) state.discriminator.weights.twin ??= {}
    return state
  } finally {
    await opened.close()
  }
}

/** The settings that a run's numbers depend on, as JSON keeps them; data sets and networks by what identifies them. */
function comparable(settings: Settings): Record<string, unknown> {
  const {
    data,
    reference,
    features,
    prompts: _prompts,
    samplesEvery: _samples,
    folder: _folder,
    checkpointEvery: _every,
    resume: _resume,
    signal: _signal,
    checkpointing: _checkpointing,
    release: _release,
    iterations,
    ...same
  } = settings
  return JSON.parse(
    JSON.stringify({
      ...same,
      // a constant learning rate does not depend on the run's length, so such a run may be made longer
      iterations: settings.decay === 'none' ? null : iterations,
      data: data.hash,
      reference: reference?.hash ?? null,
      features: features?.config ?? null,
    }),
  )
}

function checkSame(file: string, stored: Record<string, unknown>, given: Record<string, unknown>): void {
  const differing = [...new Set([...Object.keys(stored), ...Object.keys(given)])].filter(
    name => JSON.stringify(stored[name]) !== JSON.stringify(given[name]),
  )
  if (differing.length === 0) return
  const list = differing.map(name => `${name} (was ${brief(stored[name])}, now ${brief(given[name])})`)
  throw new Error(`${file}: the run was started with other settings: ${list.join(', ')}`)
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
