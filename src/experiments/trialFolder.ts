/** The files of one trial. Each is written by one process and whole: readers never see half of one. */

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { WriteError, writeFileAtomic } from '../data/files.js'
import type { MetricLine } from './executor.js'
import { trialSettings } from './settings.js'

const trialFile = z.object({
  version: z.literal(1),
  key: z.string(),
  /** Hash of settings and data alone, the same whatever code runs. */
  question: z.string(),
  /** Of the code that runs it, see key.ts. */
  figuresVersion: z.int(),
  /** The study that started it first; others with the same settings share it. */
  study: z.string(),
  method: z.string(),
  settings: trialSettings,
})
/** What a trial is; written once, before its start. */
export type TrialFile = z.infer<typeof trialFile>

/** What an evaluation gave. */
const figures = z.object({
  /** Fréchet distance in the metric CLIP's features, to the real images of the same captions. Not FID. */
  fd: z.number(),
  /** CLIP score of image and caption, 0 … 100. */
  text: z.number(),
  /** Mean cosine of an image with the real one of its caption. */
  nearness: z.number(),
})
export type Figures = z.infer<typeof figures>

const resultFile = z.object({
  state: z.enum(['finished', 'stopped', 'failed']),
  /** When it ended, ISO 8601. */
  ended: z.string(),
  iterations: z.int().optional(),
  /** Spent on iterations, all starts of the trial together. */
  seconds: z.number().optional(),
  metrics: z.record(z.string(), figures).optional(),
  message: z.string().optional(),
  /** Why it was stopped: its value at a rung, against the cutoff of the trials that were there before. */
  stopped: z.object({ rung: z.number(), value: z.number(), cutoff: z.number(), seen: z.number() }).optional(),
})
/** How a trial ended. */
export type TrialResult = z.infer<typeof resultFile>

const fileOf = (folder: string, name: string) => join(folder, name)

/** @throws Error naming the file, when it is missing or not as it should be */
export function readTrial(folder: string): TrialFile {
  return read(fileOf(folder, 'trial.json'), trialFile)
}

export function writeTrial(folder: string, trial: TrialFile): void {
  writeFileAtomic(fileOf(folder, 'trial.json'), `${JSON.stringify(trial, null, 2)}\n`)
}

/** Undefined while the trial has not ended. */
export function readResult(folder: string): TrialResult | undefined {
  const file = fileOf(folder, 'result.json')
  return existsSync(file) ? read(file, resultFile) : undefined
}

export function writeResult(folder: string, result: TrialResult): void {
  writeFileAtomic(fileOf(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
}

export function removeResult(folder: string): void {
  rmSync(fileOf(folder, 'result.json'), { force: true })
}

function read<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as Error).message})`, { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(
    `${file}: ${parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  )
}

/** The lines of `metrics.jsonl`; one that a crash cut short, and what comes after a gap, is left out. */
export function readMetrics(folder: string): MetricLine[] {
  const file = fileOf(folder, 'metrics.jsonl')
  if (!existsSync(file)) return []
  const lines: MetricLine[] = []
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    const line = parseLine(text)
    if (line?.sequence !== lines.length) break
    lines.push(line)
  }
  return lines
}

/** The measurements among the lines of `metrics.jsonl`; the others, most of them, are not parsed. */
export function readEvaluations(folder: string): MetricLine[] {
  const file = fileOf(folder, 'metrics.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines
    .filter(text => text.includes('"kind":"evaluation"'))
    .map(parseLine)
    .filter(line => line !== undefined)
}

function parseLine(text: string): MetricLine | undefined {
  try {
    return JSON.parse(text) as MetricLine
  } catch {
    return undefined
  }
}

/** A trial's `metrics.jsonl` as its process writes it: `sequence` counts from the lines that are kept. */
export interface MetricLog {
  readonly lines: readonly MetricLine[]
  /** @throws WriteError (a full disk, say); the line is then not there, so that a later start writes it again */
  write(values: Record<string, unknown>): MetricLine
}

/**
 * Opens a trial's metrics for going on.
 * @param keep says which lines stand; those from the first other on will be written again
 */
export function openMetrics(folder: string, keep: (line: MetricLine) => boolean): MetricLog {
  const file = fileOf(folder, 'metrics.jsonl')
  const read = readMetrics(folder)
  const first = read.findIndex(line => !keep(line))
  const lines = first < 0 ? read : read.slice(0, first)
  writeFileAtomic(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  let bytes = Buffer.byteLength(lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  return {
    lines,
    write(values) {
      const line = { sequence: lines.length, ...values }
      const text = `${JSON.stringify(line)}\n`
      try {
        appendFileSync(file, text)
      } catch (error) {
        truncateSync(file, bytes)
        throw new WriteError(file, error)
      }
      bytes += Buffer.byteLength(text)
      lines.push(line)
      return line
    },
  }
}

/** Iteration of the newest whole checkpoint, 0 when there is none. */
export function lastCheckpoint(folder: string): { iteration: number; folder: string } | undefined {
  const parent = fileOf(folder, 'checkpoints')
  if (!existsSync(parent)) return undefined
  const newest = readdirSync(parent)
    .flatMap(name => {
      const iteration = /^iteration-(\d+)$/.exec(name)?.[1]
      return iteration === undefined ? [] : [{ iteration: Number(iteration), folder: join(parent, name) }]
    })
    .sort((a, b) => b.iteration - a.iteration)
  return newest[0]
}
