/** What names a trial: its settings, the data and networks it starts from, and the version of its figures. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { namedData } from '../data/named.js'
import { modelFolder } from '../pretraining/embedded.js'
import { decisive, type TrialSettings } from './settings.js'

/**
 * Which figures the code gives, counted by hand: raised when the same settings no longer lead to the same figures. A hash of
 * the sources would change with every harmless edit, and hours of trials with it. A test runs methods for a few iterations
 * and compares with stored figures: it notices when this is to be raised (test/experiments/figures.test.ts).
 */
export const figuresVersion = 1

export interface TrialIdentity {
  /** Of settings, data and `figuresVersion`: finished trials of this key are never run again. */
  key: string
  /** Of settings and data alone. */
  question: string
  figuresVersion: number
}

/** A trial's identity. */
export function identify(settings: TrialSettings): TrialIdentity {
  const question = digest(canonical({ settings: decisive(settings), inputs: inputsOf(settings) }))
  return { key: digest(`${question} ${figuresVersion}`), question, figuresVersion }
}

/** JSON with sorted names, so that equal settings give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Hashes of the data sets and networks that a trial reads. */
function inputsOf({ model, data, reference, features, clip, method }: TrialSettings): Record<string, string> {
  const ofModel = (name: string) => ifThere(() => folderHash(modelFolder(name)))
  const ofData = (source: string) => ifThere(() => dataHash(source))
  return {
    data: ofData(data),
    ...(reference && { reference: ofData(reference) }),
    model: ofModel(model),
    clip: ofModel(clip),
    ...(method === 'adt' && { features: ofModel(features) }),
  }
}

/** A study can be looked at, but not run, where what it needs is not there: see `missingInputs`. */
function ifThere(hash: () => string): string {
  try {
    return hash()
  } catch {
    return 'not there'
  }
}

/** What trials need and is not there, each said once: a network's folder, a data set. */
export function missingInputs(all: readonly TrialSettings[]): string[] {
  const problems = all.flatMap(({ model, clip, features, method, data, reference }) => [
    ...[model, clip, ...(method === 'adt' ? [features] : [])].map(name => problemOf(() => modelFolder(name))),
    ...[data, ...(reference ? [reference] : [])].map(source => problemOf(() => namedData(source, 32, 'train'))),
  ])
  return [...new Set(problems.filter(problem => problem !== undefined))]
}

function problemOf(find: () => unknown): string | undefined {
  try {
    find()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const dataHashes = new Map<string, string>()

/** The images' size does not enter: it follows from the model. */
function dataHash(source: string): string {
  const known = dataHashes.get(source)
  if (known) return known
  const hash = (['train', 'test'] as const).map(split => namedData(source, 32, split).hash).join(' ')
  dataHashes.set(source, hash)
  return hash
}

const folderHashes = new Map<string, string>()

/** A model folder's files by name and content, without its card. */
function folderHash(folder: string): string {
  const known = folderHashes.get(folder)
  if (known) return known
  const hash = createHash('sha256')
  for (const file of filesOf(folder)) {
    if (file.endsWith('.md')) continue
    hash.update(`${file.slice(folder.length)}\n`).update(readFileSync(file))
  }
  const value = hash.digest('hex').slice(0, 16)
  folderHashes.set(folder, value)
  return value
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap(name => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? filesOf(path) : [path]
    })
}
