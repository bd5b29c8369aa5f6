/** What names a trial: its settings, the data and networks it starts from, and the code that computes its numbers. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../data/files.js'
import { namedData } from '../data/named.js'
import { modelFolder } from '../pretraining/embedded.js'
import { decisive, type TrialSettings } from './settings.js'

export interface TrialIdentity {
  /** Of settings, data and code: finished trials of this key are never run again. */
  key: string
  /** Of settings and data alone. */
  question: string
  code: string
}

/** A trial's identity. */
export function identify(settings: TrialSettings): TrialIdentity {
  const question = digest(canonical({ settings: decisive(settings), inputs: inputsOf(settings) }))
  const code = codeVersion()
  return { key: digest(`${question} ${code}`), question, code }
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

/**
 * The folders whose code decides a result. Not TensorFlow's: it decides how a number is computed, not which, and what it
 * changes is rounding.
 */
const deciding = ['data', 'discriminator', 'metrics', 'models', 'samplers', 'tuning']
const decidingHere = ['drawing', 'measure', 'runTrial']

let version: string | undefined

/** The package's version and a hash of the code that decides results; comments and blank lines do not count. */
export function codeVersion(): string {
  version ??= readCodeVersion()
  return version
}

function readCodeVersion(): string {
  const root = packageRoot()
  const { version: release } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  // In a checkout the sources, whether they or what is built of them runs; an installed package has the built code only.
  const sources = existsSync(join(root, 'src', 'experiments'))
  const [folder, ending] = sources ? [join(root, 'src'), '.ts'] : [join(root, 'dist'), '.js']
  const files = [
    ...deciding.flatMap(name => filesOf(join(folder, name))),
    ...decidingHere.map(name => join(folder, 'experiments', `${name}${ending}`)),
  ]
  const hash = createHash('sha256')
  for (const file of files) {
    if (!file.endsWith(ending) || file.endsWith('.d.ts')) continue
    hash.update(`${file.slice(folder.length, -ending.length)}\n${withoutComments(readFileSync(file, 'utf8'))}`)
  }
  return `${release}+${hash.digest('hex').slice(0, 8)}`
}

/** Lines that hold code. */
function withoutComments(source: string): string {
  return source
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !/^(\/\/|\/\*|\*)/.test(line))
    .join('\n')
}
