/** A study whose trials take seconds: four iterations of two images, eight captions drawn in two steps. */
import type { StudyInput } from '../../src/experiments/index.js'

const sampling = { sampler: 'ddim', steps: 2, guidance: 1 } as const

export function tinyStudy(changes: Partial<StudyInput> = {}): StudyInput {
  return {
    name: 'tiny',
    scale: 'emoji',
    title: 'Tiny',
    question: 'Is it run?',
    metric: { name: 'fd', better: 'lower' },
    stopping: { kind: 'none' },
    base: {
      sampling,
      iterations: 4,
      evaluateEvery: 2,
      tuning: { batch: 2, K: 1 },
      evaluations: { ddim: { ...sampling, captions: 8, scores: true } },
    },
    methods: {
      ft: { label: 'FT', settings: { method: 'ft' } },
      adt: { label: 'ADT', settings: { method: 'adt' } },
    },
    evaluations: ['ddim'],
    seeds: [0],
    against: 'adt',
    ...changes,
  }
}
