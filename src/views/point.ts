/** An iteration as the trainer reports it, or as a line of metrics.jsonl keeps it, as a point of the run's log. */

import type { Point, StepGradient } from './stream.js'

/** The groups of a step event, and under which name their numbers stand in a point. */
const groups = ['losses', 'scores', 'gradientNorms', 'memory'] as const

/** What of an event is a number becomes a column; undefined when it is no iteration. Never throws: lines may be anything. */
export function pointOf(event: Readonly<Record<string, unknown>>): Point | undefined {
  const { iteration, learningRate, seconds, gradientNorms, realScores, fakeScores, layerScores } = event
  if (event.kind !== 'step' || !isNumber(iteration)) return undefined
  const values: Record<string, number> = {}
  for (const group of groups) {
    // What is no finite number is drawn as a gap, but its column is known.
    for (const [name, value] of entriesOf(event[group]))
      if (typeof value === 'number') values[`${group}.${name}`] = value
  }
  const rates = isNumber(learningRate) ? [['learningRate', learningRate] as const] : entriesOf(learningRate)
  for (const [name, value] of rates) if (isNumber(value)) values[`learningRates.${name}`] = value
  for (const layer of Array.isArray(layerScores) ? layerScores : []) {
    const { block, real, fake } = (layer ?? {}) as Record<string, unknown>
    if (!isNumber(block)) continue
    if (isNumber(real)) values[`layerScores.${block} real`] = real
    if (isNumber(fake)) values[`layerScores.${block} fake`] = fake
  }
  if (isNumber(seconds)) values.seconds = seconds
  const { perStep } = (gradientNorms ?? {}) as { perStep?: unknown }
  const gradients = Array.isArray(perStep) ? perStep.filter(isGradient) : []
  const [real, fake] = [numbersOf(realScores), numbersOf(fakeScores)]
  return {
    kind: 'point',
    iteration,
    values,
    ...(gradients.length > 0 && { gradients }),
    ...(real.length + fake.length > 0 && { images: { real, fake } }),
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const numbersOf = (value: unknown) => (Array.isArray(value) ? value.filter(isNumber) : [])
const entriesOf = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : [])

function isGradient(value: unknown): value is StepGradient {
  const { step, t, w, norm } = (value ?? {}) as Partial<StepGradient>
  return [step, t, w, norm].every(isNumber)
}
