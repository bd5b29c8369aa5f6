/** What the studies of a scale have in common: base settings, evaluations, and how each method differs. */

import type { Scale, StudyInput } from '../study.js'

type Methods = StudyInput['methods']
type Method = Methods[string]

/** A sampler with its guidance, as trials name them. */
type SamplingOf = {
  sampler: 'ddim' | 'dpm-solver' | 'flow-euler'
  steps: number
  guidance: number
}

export interface ScaleSettings {
  base: StudyInput['base']
  /** DDIM, the main sampler, and DPM-Solver++. */
  ddim: SamplingOf
  dpms: SamplingOf
  seeds: number[]
  /** The guidance scales and numbers of steps of Fig. 5. */
  guidances: number[]
  steps: number[]
  notes: string
}

const emojiDdim: SamplingOf = { sampler: 'ddim', steps: 20, guidance: 2 }
const emojiDpms: SamplingOf = { sampler: 'dpm-solver', steps: 12, guidance: 2 }
const drawn = { draws: 4 }
/** The main measurement alone, for studies that share no trials. */
export const emojiMain = { ddim: { ...emojiDdim, ...drawn, scores: true } }
/** The knobs of Fig. 5: measuring must not cost more than tuning does. */
const fewer = { draws: 2 }

/** Every emoji trial is measured in all these ways, so that all tables share their trials. */
const emojiEvaluations = {
  ...emojiMain,
  dpms: { ...emojiDpms, ...drawn, scores: true },
  'ddim-train': { ...emojiDdim, split: 'train', captions: 312 },
  'ddim-5-steps': { ...emojiDdim, ...fewer, steps: 5 },
  'ddim-10-steps': { ...emojiDdim, ...fewer, steps: 10 },
  'ddim-50-steps': { ...emojiDdim, ...fewer, steps: 50 },
  'ddim-100-steps': { ...emojiDdim, ...fewer, steps: 100 },
  'ddim-guidance-1': { ...emojiDdim, ...fewer, guidance: 1 },
  'ddim-guidance-3': { ...emojiDdim, ...fewer, guidance: 3 },
  'ddim-guidance-5': { ...emojiDdim, ...fewer, guidance: 5 },
  'ddim-guidance-7': { ...emojiDdim, ...fewer, guidance: 7 },
}

const paperDdim: SamplingOf = { sampler: 'ddim', steps: 50, guidance: 7 }
const paperDpms: SamplingOf = { sampler: 'dpm-solver', steps: 30, guidance: 7 }
const few = { captions: 5000 }

/** §5's settings. FID-5k is over five thousand of the ten thousand test captions. */
const paperEvaluations = {
  ddim: { ...paperDdim, ...few, scores: true },
  dpms: { ...paperDpms, ...few, scores: true },
  'ddim-30-steps': { ...paperDdim, ...few, steps: 30 },
  'ddim-100-steps': { ...paperDdim, ...few, steps: 100 },
  'ddim-200-steps': { ...paperDdim, ...few, steps: 200 },
  'ddim-guidance-3': { ...paperDdim, ...few, guidance: 3 },
  'ddim-guidance-5': { ...paperDdim, ...few, guidance: 5 },
  'ddim-guidance-9': { ...paperDdim, ...few, guidance: 9 },
}

export const scaleSettings: Record<Scale, ScaleSettings> = {
  emoji: {
    base: {
      preset: 'emoji',
      // As often as a step is logged: each measurement costs a pull-back.
      tuning: { normsEvery: 5 },
      sampling: emojiDdim,
      iterations: 2000,
      evaluateEvery: 250,
      evaluations: emojiEvaluations,
    },
    ddim: emojiDdim,
    dpms: emojiDpms,
    seeds: [0, 1, 2, 3, 4],
    guidances: [1, 3, 5, 7],
    steps: [5, 10, 50, 100],
    notes:
      'The embedded 32×32 model instead of Stable Diffusion; DDIM with 20 steps and DPM-Solver++ with 12 at guidance 2 ' +
      'instead of 50, 30 and 7; 16 images an iteration, the generator updated every second one. The Fréchet distance is ' +
      'taken in a small CLIP’s features, over 156 held-out captions drawn four times (twice with other guidance and steps): ' +
      'not FID, and not comparable with it. text is the CLIP score; nearness is the mean cosine with the real image of the same caption.',
  },
  paper: {
    base: {
      model: 'weights/stable-diffusion-v1-5',
      data: 'data/midjourney-v6',
      features: 'weights/dinov2-small',
      clip: 'weights/clip-vit-large-patch14',
      preset: 'sd15',
      sampling: paperDdim,
      iterations: 20_000,
      evaluateEvery: 2000,
      evaluations: paperEvaluations,
    },
    ddim: paperDdim,
    dpms: paperDpms,
    seeds: [0],
    guidances: [3, 5, 9],
    steps: [30, 100, 200],
    notes: 'The paper’s settings (§5). Weights and data are not part of this project: put them where the settings say.',
  },
}

/** Figures of the paper's for one row. */
export const figures = (FID: number, HPS: number, AES: number) => ({ FID, HPS, AES })

const plain = (label: string, method: string): Method => ({ label, settings: { method }, crossed: false })
const variant = (label: string, tuning: Method['settings']): Method => ({ label, settings: { method: 'adt', tuning } })

/** The methods by their names. What one changes is laid over the scale's settings, which are ADT's. */
export const methods = {
  base: plain('Base', 'base'),
  ft: plain('FT', 'ft'),
  /** Ours: as long as ADT by updates of the generator, and by evaluations of the network: what stands for equal time. */
  ftUpdates: { ...plain('FT, equal updates', 'ft'), budget: 'updates' },
  ftEvaluations: { ...plain('FT, equal evaluations', 'ft'), budget: 'evaluations' },
  adt: variant('ADT', {}),
  /** Table 3: StyleGAN-T's discriminator on the same features, which sees no reference. The paper names no text condition. */
  stylegan: variant('+ StyleGAN', { discriminator: { kind: 'single' } }),
  /** Table 3: Eq. 4 in place of Eq. 11. */
  drtune: variant('+ DRTune', { path: 'drtune' }),
  withoutDiffusion: variant('w/o L_diff', { lambda: 0 }),
  /**
   * Ours: DRTune's share of each step, at ADT's size, which is that of the path's weights. The gradient itself is then 0.64 to 1
   * times ADT's (0.81 on average over ten updates of the base model), where DRTune's is 1 to 16 times (3.4).
   */
  drtuneMatched: variant('+ DRTune, matched', { path: 'drtune', matchScale: true }),
  /** Ours: the whole of DRTune (Wu et al. 2024): K steps equally spaced, and a run that ends early. */
  drtuneFull: variant('+ DRTune, full', { path: 'drtune', choose: 'spaced', earlyStop: 5 }),
  /** Ours: gradient in the last K steps alone, as in DRaFT-K. */
  lastK: variant('last K', { choose: 'last' }),
} satisfies Methods

/** ADT tuned with the other sampler. */
export function adtWith(label: string, sampling: SamplingOf, evaluations?: string[]): Method {
  return { label, settings: { method: 'adt', sampling: { ...sampling } }, ...(evaluations && { evaluations }) }
}
