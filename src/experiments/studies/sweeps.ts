/** Our own studies at emoji scale, beyond the paper's tables: written down before they are run. */

import type { StudyInput } from '../study.js'
import { emojiMain, methods, scaleSettings } from './settings.js'
import { lambdaFigures } from './tables.js'

const { base, seeds, notes } = scaleSettings.emoji
const common = {
  scale: 'emoji',
  metric: { name: 'fd', better: 'lower' },
  stopping: { kind: 'none' },
  base,
  seeds,
  notes,
  evaluations: ['ddim'],
  against: 'ft',
} satisfies Partial<StudyInput>
const { ft, ftUpdates, ftEvaluations, adt, drtune, drtuneMatched } = methods
const ftIterations = { ...ft, label: 'FT, equal iterations' }

/** §3.2's K, which the paper fixes at 3 and never varies. */
export const stepsWithGradient: StudyInput = {
  ...common,
  name: 'sweep-k',
  title: 'How many steps carry gradient',
  question: 'Does gradient through more of the sampler’s steps bring ADT nearer to the data?',
  methods: { ft, adt },
  grid: { 'tuning.K': [1, 2, 3, 5, 8] },
}

/** λ × K, for the heatmap; ASHA gives most iterations to what looks good. */
export const lambdaAndK: StudyInput = {
  ...common,
  name: 'sweep-lambda-k',
  title: 'λ and K together',
  question: 'Is there an interplay of λ and K, and where in the grid is ADT nearest to the data?',
  stopping: { kind: 'asha', first: 1 / 8, factor: 2 },
  methods: { adt },
  grid: { 'tuning.lambda': [0, 0.1, 0.3, 0.5, 0.7, 1], 'tuning.K': [1, 2, 3, 5, 8] },
  seeds: [0, 1],
  against: 'adt',
  paper: lambdaFigures.map(([lambda, figures]) => ({
    method: 'adt',
    at: { 'tuning.lambda': lambda, 'tuning.K': 3 },
    figures,
  })),
}

export const adversarialWeight: StudyInput = {
  ...common,
  name: 'sweep-adversarial-weight',
  title: 'The weight of the adversarial term',
  question: 'Which weight of L_adv against the mean-squared L_diff is best, and from which on does tuning collapse?',
  methods: { ft, adt },
  grid: { 'tuning.adversarialWeight': [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5] },
}

/** What plain finetuning is to be compared at: an iteration of ADT costs ten times as much, and updates every second time. */
export const equalCost: StudyInput = {
  ...common,
  name: 'equal-cost',
  title: 'Plain finetuning at equal cost',
  question: 'Is ADT nearer to the data than plain finetuning of as many iterations, updates, or network evaluations?',
  methods: { ft: ftIterations, 'ft-updates': ftUpdates, 'ft-evaluations': ftEvaluations, adt },
  against: 'adt',
}

/** Ten times longer than the prototype: 5,000 updates of the generator. */
export const longer: StudyInput = {
  ...common,
  name: 'longer',
  title: 'Longer training',
  question:
    'After 5,000 generator updates, is ADT nearer to held-out data than FT at equal iterations, updates and evaluations?',
  base: { ...base, iterations: 10_000, evaluateEvery: 1000 },
  methods: {
    ft: ftIterations,
    'ft-updates': ftUpdates,
    'ft-evaluations': ftEvaluations,
    adt,
    drtune,
    'drtune-matched': drtuneMatched,
  },
}

/** A quarter of that. Studies with this base share their trials. */
const quarter = { ...base, iterations: 2500, evaluateEvery: 500, evaluations: emojiMain }

/**
 * In `longer`, plain finetuning was ahead of ADT with as many updates. Four things differ: L_adv; that ADT's L_diff has one time
 * for the whole batch, where finetuning draws one for each image; that it is of the sampler's steps, where finetuning draws among
 * all; and that finetuning leaves out a caption now and then. Weight 0 takes away the first; the others are given to finetuning,
 * each by itself and all at once, which is all but ADT of weight 0: other draws, and a warm-up of twice as many updates.
 */
export const longerWeight: StudyInput = {
  ...common,
  name: 'longer-weight',
  title: 'Longer training, one factor at a time',
  question: 'After 1,250 generator updates, is it the adversarial term that sets ADT apart from FT at equal updates?',
  base: quarter,
  methods: {
    'ft-updates': ftUpdates,
    'ft-captioned': {
      ...ftUpdates,
      label: 'FT, equal updates, every caption',
      settings: { method: 'ft', tuning: { captionDropout: 0 } },
    },
    'ft-one-time': {
      ...ftUpdates,
      label: 'FT, equal updates, one time a batch',
      settings: { method: 'ft', tuning: { timePer: 'batch' } },
    },
    'ft-steps': {
      ...ftUpdates,
      label: 'FT, equal updates, the sampler’s times',
      settings: { method: 'ft', tuning: { timesOf: 'sampler' } },
    },
    'ft-all-three': {
      ...ftUpdates,
      label: 'FT, equal updates, all three',
      settings: { method: 'ft', tuning: { captionDropout: 0, timePer: 'batch', timesOf: 'sampler' } },
    },
    adt,
  },
  grid: { 'tuning.adversarialWeight': [0, 0.02, 0.1] },
  against: 'ft-updates',
}

/**
 * The sampler's last step has next to no noise: there L_diff's gradient is more than ten times as large as elsewhere, and of twenty of
 * ADT's updates one is of that step alone. AdamW divides by the root of the mean square, so that such updates make all others small.
 * Clipped at plain finetuning's usual norm they cannot.
 */
export const clipped: StudyInput = {
  ...common,
  name: 'clipped',
  title: 'Longer training, the gradient clipped',
  question:
    'After 1,250 generator updates with a clipped gradient, is ADT as near to the data as FT, with and without its adversarial term?',
  base: quarter,
  methods: {
    'ft-updates': ftUpdates,
    adt,
    'adt-clipped': { ...adt, label: 'ADT, clipped', settings: { method: 'adt', tuning: { clip: 0.1 } } },
  },
  grid: { 'tuning.adversarialWeight': [0, 0.02] },
  against: 'ft-updates',
}

/** The prototype saw ADT ahead with five steps, after the fact: asked here before. */
export const fewSteps: StudyInput = {
  ...common,
  name: 'few-steps',
  title: 'Tuned for five steps',
  question: 'When the sampler has only five steps, while tuning and after, is ADT nearer to the data than FT?',
  methods: {
    ft,
    adt: { ...adt, settings: { method: 'adt', sampling: { sampler: 'ddim', steps: 5, guidance: 2 } } },
    'adt-20': { ...adt, label: 'ADT, tuned with 20 steps' },
  },
  evaluations: ['ddim-5-steps', 'ddim'],
}
