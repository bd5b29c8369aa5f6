/** Metrics out of what a trial prints: each once, in order, whatever is read twice or was lost on the way. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { MetricLine } from './executor.js'

const metricLine = z.looseObject({ sequence: z.int().min(0) })

export interface MetricLines {
  /** Takes a line of the trial's output. Lines that are no metrics are passed over. */
  read(line: string): void
  /** Gives what the trial has written to its folder and we have not read: a node takes its logs along. */
  readFolder(): void
}

/** @param folder the trial's; the metrics.jsonl in it, if we can read one, fills gaps */
export function createMetricLines(folder: string, onMetric: (line: MetricLine) => void): MetricLines {
  let last = -1

  const give = (metric: MetricLine) => {
    if (metric.sequence <= last) return
    last = metric.sequence
    onMetric(metric)
  }
  const readFolder = (before = Number.POSITIVE_INFINITY) => {
    for (const metric of stored(folder)) if (metric.sequence < before) give(metric)
  }

  return {
    read(line) {
      const metric = parse(line)
      if (!metric) return
      // A trial that goes on from a checkpoint counts on from there.
      if (metric.sequence > last + 1) readFolder(metric.sequence)
      give(metric)
    },
    readFolder: () => readFolder(),
  }
}

/** Undefined for a line that is no metric. */
export function parse(line: string): MetricLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return metricLine.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

function stored(folder: string): MetricLine[] {
  try {
    const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n')
    return lines.map(parse).filter(metric => metric !== undefined)
  } catch {
    return []
  }
}
