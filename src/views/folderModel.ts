/**
 * A run folder that is being written, as `adt tune` does it, read again and again: config.json, metrics.jsonl,
 * status.json. No file system here: the caller reads, this takes in what is new, each line once.
 */

import { pointOf } from './point.js'
import { addRecord, createRunData, type RunData } from './runData.js'
import { type RunState, statusSchema } from './runFiles.js'
import {
  type About,
  type JudgedLine,
  judgedLineSchema,
  type LogRecord,
  type ReferencesLine,
  referencesLineSchema,
} from './stream.js'
import { trans } from './words.js'

export interface FolderModel {
  /** Another object once the file was written anew. */
  readonly data: RunData
  readonly about: About | undefined
  /** Lines whose pictures lie in files of their own: the caller reads those and adds the records. */
  readonly pictured: readonly (JudgedLine | ReferencesLine)[]
  /** What status.json says, where there is one. */
  readonly state: RunState | undefined
  /** Why the folder cannot be shown. */
  readonly problem: string | undefined
  /** Takes in the whole text of a file; gives whether anything changed. */
  config(text: string): boolean
  metrics(text: string): boolean
  status(text: string | undefined): boolean
}

/** Settings that are worth a place above the curves. */
const shown = ['method', 'path', 'K', 'lambda', 'H', 'sampler', 'steps', 'batch', 'learningRate', 'seed']

/** The settings to show of a run's config.json. */
export function shownSettings(config: Readonly<Record<string, unknown>>): { name: string; value: string }[] {
  const options = (config.options ?? {}) as Record<string, unknown>
  return shown.flatMap(name => (isPlain(options[name]) ? [{ name, value: String(options[name]).slice(0, 500) }] : []))
}

const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)

/** Characters of what was read that must stand there again: else the file was written anew. */
const remembered = 300

export function createFolderModel(label: string): FolderModel {
  let data = createRunData()
  let config: Record<string, unknown> | undefined
  let state: RunState | undefined
  let problem: string | undefined
  let total: number | null = null
  let pictured: (JudgedLine | ReferencesLine)[] = []
  /** What of metrics.jsonl was taken in, and its end. */
  let read = 0
  let end = ''

  const captions = () => {
    const prompts = config?.prompts ?? (config?.options as { prompt?: unknown } | undefined)?.prompt
    const texts = Array.isArray(prompts) ? prompts.filter(prompt => typeof prompt === 'string') : []
    return texts.slice(0, 64).map(text => text.slice(0, 500))
  }
  const take = (line: string) => {
    let parsed: unknown
    try {
      parsed = JSON.parse(line)
    } catch {
      return
    }
    if (typeof parsed !== 'object' || parsed === null) return
    const event = parsed as Record<string, unknown>
    const record = recordOf(event)
    if (record) addRecord(data, record)
    const { data: own } = (event.kind === 'judged' ? judgedLineSchema : referencesLineSchema).safeParse(event)
    if (own) pictured.push(own)
    if (typeof event.total === 'number') total = event.total
  }

  return {
    get data() {
      return data
    },
    get about(): About | undefined {
      if (!config) return undefined
      const last = data.iterations.at(-1)
      const ended = last !== undefined && total !== null && last >= total
      return {
        revision: 0,
        label,
        status: state?.status ?? (ended ? 'done' : last === undefined ? 'starting' : 'running'),
        ...(state?.message && { message: state.message }),
        settings: shownSettings(config),
        total: state?.total ?? total,
        captions: captions(),
        controls: state && (state.status === 'running' || state.status === 'paused') ? state.controls : null,
      }
    },
    get pictured() {
      return pictured
    },
    get state() {
      return state
    },
    get problem() {
      return problem
    },
    config(text) {
      try {
        const parsed: unknown = JSON.parse(text)
        if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('not an object')
        config = parsed as Record<string, unknown>
        problem = undefined
      } catch (error) {
        problem = trans.__('config.json cannot be read: %1', (error as Error).message)
      }
      return true
    },
    metrics(text) {
      if (text.length < read || text.slice(Math.max(0, read - remembered), read) !== end) {
        data = createRunData()
        pictured = []
        read = 0
      }
      const whole = text.lastIndexOf('\n') + 1
      if (whole <= read) return false
      for (const line of text.slice(read, whole).split('\n')) if (line !== '') take(line)
      read = whole
      end = text.slice(Math.max(0, read - remembered), read)
      return true
    },
    status(text) {
      const before = JSON.stringify(state)
      state = text === undefined ? undefined : parseStatus(text)
      return JSON.stringify(state) !== before
    },
  }
}

/** A status that is not understood, of another version say, is none. */
function parseStatus(text: string): RunState | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function recordOf(event: Record<string, unknown>): LogRecord | undefined {
  const { kind, iteration, message, name, value } = event
  if (kind === 'step') return pointOf(event)
  if (typeof iteration !== 'number') return undefined
  if (kind === 'warning') return { kind: 'note', iteration, message: String(message).slice(0, 2000) }
  if (kind === 'change' && typeof name === 'string' && typeof value === 'number')
    return { kind: 'change', iteration, name: name.slice(0, 500), value }
  return undefined
}
