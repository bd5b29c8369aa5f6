/** Text embeddings and latents on disk: frozen encoders give the same every time, so they run once for a text or an image. */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset } from '../data/index.js'
import {
  type DiffusionModel,
  encodePrompts,
  imageSize,
  latentShape,
  type Model,
  type PromptCondition,
  readSafetensors,
  type TensorToWrite,
  toLatents,
  writeSafetensors,
} from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import type { CachingEvent } from './events.js'

/** What frozen encoders give, kept in a folder by what goes into it: the encoders' weights and the text or image itself. */
export interface EncodingCache {
  /**
   * Encodes what is not there yet of a data set and of other texts, `batch` at a time. Others may fill the same folder
   * meanwhile.
   */
  fill(data: Dataset, batch: number, prompts?: readonly string[]): AsyncGenerator<CachingEvent>
  /** Latents of images [count, H, W, 3], count × h × w × C numbers; undefined where one is missing. */
  latents(pixels: Float32Array, count: number): Promise<Float32Array | undefined>
  /** Reads what `encode` will be asked for. */
  prepare(captions: readonly string[]): Promise<void>
  /** The condition of captions, as new tensors; undefined where one was not prepared. */
  encode(captions: readonly string[]): PromptCondition | undefined
}

type Entry = Record<string, { shape: number[]; data: Float32Array }>

/**
 * Opens a folder of encodings, or makes it. Entries appear whole or not at all, and equal ones are equal byte for byte, so
 * that any number of processes may share the folder.
 */
export async function openEncodingCache(folder: string, model: DiffusionModel): Promise<EncodingCache> {
  const texts = store(join(folder, 'texts', await identityOfTexts(model)))
  const { autoencoder } = model
  const images = autoencoder && store(join(folder, 'latents', await identityOf([autoencoder])))
  let prepared = new Map<string, Entry>()

  async function* fillTexts(wanted: readonly string[], batch: number): AsyncGenerator<CachingEvent> {
    const captions = [...new Set(['', ...wanted])]
    const chunks = inChunks(captions, batch)
    yield* texts.fill('texts', captions.length, chunks, async chunk => ({
      keys: chunk.map(text => keyOf(text)),
      encode: () => encodePrompts(model, chunk) as Record<string, tf.Tensor>,
    }))
  }
  async function* fillLatents(data: Dataset, batch: number): AsyncGenerator<CachingEvent> {
    if (!images) return
    const chunks = inChunks([...data.items.keys()], batch)
    yield* images.fill('latents', data.items.length, chunks, async chunk => {
      const pixels = await data.images(chunk)
      const shape: [number, number, number, number] = [chunk.length, data.size, data.size, 3]
      return {
        keys: keysOfImages(pixels, chunk.length),
        encode: () => ({ latent: tf.tidy(() => toLatents(model, tf.tensor4d(pixels, shape))) }),
      }
    })
  }

  return {
    async *fill(data, batch, prompts = []) {
      yield* fillTexts([...data.items.map(({ text }) => text), ...prompts], batch)
      yield* fillLatents(data, batch)
    },
    async latents(pixels, count) {
      const found = await Promise.all(keysOfImages(pixels, count).map(key => images?.read(key)))
      const length = latentShape(model).reduce((product, side) => product * side, 1)
      const all = new Float32Array(count * length)
      for (const [row, entry] of found.entries()) {
        if (!entry) return undefined
        all.set(entry.latent!.data, row * length)
      }
      return all
    },
    async prepare(captions) {
      const next = new Map<string, Entry>()
      for (const text of new Set(captions)) {
        const entry = prepared.get(text) ?? (await texts.read(keyOf(text)))
        if (entry) next.set(text, entry)
      }
      prepared = next
    },
    encode(captions) {
      const entries = captions.map(text => prepared.get(text))
      if (entries.some(entry => entry === undefined)) return undefined
      const stacked = Object.keys(entries[0]!).map(name => {
        const rows = entries.map(entry => entry![name]!)
        const data = new Float32Array(rows.length * rows[0]!.data.length)
        for (const [i, row] of rows.entries()) data.set(row.data, i * row.data.length)
        return [name, tf.tensor(data, [rows.length, ...rows[0]!.shape])]
      })
      return Object.fromEntries(stacked) as PromptCondition
    },
  }
}

/** Rows to be encoded together: their keys, and what encodes them, a record of tensors [rows, …]. */
interface Chunk {
  keys: string[]
  encode: () => Record<string, tf.Tensor>
}

/** A folder with a file for each key. */
function store(folder: string) {
  const fileOf = (key: string) => join(folder, key.slice(0, 2), `${key}.safetensors`)
  return {
    async read(key: string): Promise<Entry | undefined> {
      const file = fileOf(key)
      if (!existsSync(file)) return undefined
      return (await readSafetensors(file)).tensors as Entry
    },
    async *fill<T>(
      what: CachingEvent['what'],
      total: number,
      chunks: Iterable<T[]>,
      prepare: (chunk: T[]) => Promise<Chunk>,
    ): AsyncGenerator<CachingEvent> {
      let [done, bytes] = [0, 0]
      for (const chunk of chunks) {
        const { keys, encode } = await prepare(chunk)
        if (keys.some(key => !existsSync(fileOf(key)))) await write(keys, encode())
        const files = keys.slice(0, total - done).map(fileOf)
        for (const file of files) bytes += (await stat(file)).size
        done += files.length
        yield { kind: 'caching', what, done, total, bytes, folder }
      }
    },
  }

  async function write(keys: string[], encoded: Record<string, tf.Tensor>): Promise<void> {
    try {
      const columns: [string, number[], Float32Array][] = []
      for (const [name, tensor] of Object.entries(encoded)) {
        columns.push([name, tensor.shape.slice(1), (await tensor.data()) as Float32Array])
      }
      for (const [row, key] of keys.entries()) {
        const entry = columns.map(([name, shape, data]): [string, TensorToWrite] => {
          const length = data.length / keys.length
          return [name, { dtype: 'F32', shape, data: data.subarray(row * length, (row + 1) * length) }]
        })
        if (!existsSync(fileOf(key))) await writeSafetensors(fileOf(key), Object.fromEntries(entry))
      }
    } finally {
      tf.dispose(encoded)
    }
  }
}

/** Chunks of one length, so that encoders are compiled once: the last is filled up with its own last member. */
function* inChunks<T>(list: readonly T[], length: number): Generator<T[]> {
  for (let start = 0; start < list.length; start += length) {
    yield Array.from({ length }, (_, i) => list[Math.min(start + i, list.length - 1)]!)
  }
}

const keyOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

function keysOfImages(pixels: Float32Array, count: number): string[] {
  const length = pixels.length / count
  return Array.from({ length: count }, (_, i) => {
    const { buffer, byteOffset, byteLength } = pixels.subarray(i * length, (i + 1) * length)
    return keyOf(new Uint8Array(buffer, byteOffset, byteLength))
  })
}

/** All that a text's embedding depends on besides the text. */
function identityOfTexts(model: DiffusionModel): Promise<string> {
  const { textEncoders, network, index } = model
  const rules = [network.className, index?.force_zeros_for_empty_prompt ?? null, imageSize(model)]
  const tokenizers = textEncoders.map(encoder => encoder?.tokenizer.files ?? null)
  return identityOf(textEncoders, JSON.stringify([rules, network.config.joint_attention_dim ?? null, tokenizers]))
}

/** A short hash of networks' weights and configurations, and of what else is given. */
async function identityOf(models: readonly (Model | undefined)[], more = ''): Promise<string> {
  const hash = createHash('sha256').update(more)
  for (const model of models) {
    hash.update(model ? JSON.stringify([model.className, model.config]) : 'none')
    for (const name of Object.keys(model?.weights ?? {}).sort()) {
      const data = (await model!.weights[name]!.data()) as Float32Array
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
