/** The paper's tables. */

import type { Scale, StudyInput } from '../study.js'
import { otherModels, otherModelsTable1, otherModelsTableA2 } from './paperModels.js'
import { adtWith, figures, methods, scaleSettings } from './settings.js'

const metric = { name: 'fd', better: 'lower' } as const
const stopping = { kind: 'none' } as const
const { base, ft, adt, stylegan, drtune, withoutDiffusion, drtuneMatched, drtuneFull, lastK } = methods

const common = (scale: Scale) => {
  const { base, seeds, notes } = scaleSettings[scale]
  return { scale, metric, stopping, base, seeds, notes, against: 'adt' } as const
}

/** Table 1; ADT is tuned with the sampler that it is measured with. SDXL and SD3 are at paper scale only. */
export function table1(scale: Scale): StudyInput {
  const others = scale === 'paper'
  const { dpms } = scaleSettings[scale]
  return {
    ...common(scale),
    name: 'table-1',
    title: 'Table 1: overall performance',
    question:
      'After the same number of iterations, is ADT nearer to the data than plain finetuning, for both samplers?',
    methods: {
      base: { ...base, evaluations: ['ddim', 'dpms'] },
      ft: { ...ft, evaluations: ['ddim', 'dpms'] },
      adt: { ...adt, evaluations: ['ddim'] },
      'adt-dpms': adtWith('ADT', dpms, ['dpms']),
      ...(others && otherModels),
    },
    evaluations: ['ddim', 'dpms', ...(others ? ['sdxl-ddim', 'sdxl-dpms', 'sd3'] : [])],
    paper: [
      { method: 'base', evaluation: 'ddim', figures: figures(24.2, 27.41, 5.422) },
      { method: 'base', evaluation: 'dpms', figures: figures(25.67, 26.86, 5.384) },
      { method: 'ft', evaluation: 'ddim', figures: figures(16.89, 27.37, 5.821) },
      { method: 'ft', evaluation: 'dpms', figures: figures(19.26, 27.39, 5.827) },
      { method: 'adt', evaluation: 'ddim', figures: figures(13.69, 27.59, 5.952) },
      { method: 'adt-dpms', evaluation: 'dpms', figures: figures(14.65, 27.67, 5.91) },
      ...(others ? otherModelsTable1 : []),
    ],
  }
}

export function table2(scale: Scale): StudyInput {
  const { ddim, dpms } = scaleSettings[scale]
  return {
    ...common(scale),
    name: 'table-2',
    title: 'Table 2: another sampler than while tuning',
    question: 'Does a model that ADT tuned with one sampler keep its lead with the other?',
    methods: { ft, adt: adtWith('ADT-DDIM', ddim), 'adt-dpms': adtWith('ADT-DPMS', dpms) },
    evaluations: ['ddim', 'dpms'],
    paper: [
      { method: 'ft', evaluation: 'ddim', figures: figures(23.08, 27.37, 5.827) },
      { method: 'ft', evaluation: 'dpms', figures: figures(25.38, 27.39, 5.827) },
      { method: 'adt', evaluation: 'ddim', figures: figures(19.84, 27.6, 5.952) },
      { method: 'adt', evaluation: 'dpms', figures: figures(20.73, 27.67, 5.925) },
      { method: 'adt-dpms', evaluation: 'ddim', figures: figures(20.03, 27.59, 5.91) },
      { method: 'adt-dpms', evaluation: 'dpms', figures: figures(20.83, 27.68, 5.91) },
    ],
  }
}

/** Table 3, with Base and FT for scale and our own variants. */
export function table3(scale: Scale): StudyInput {
  return {
    ...common(scale),
    name: 'table-3',
    title: 'Table 3: ablations',
    question: 'What do the Siamese discriminator, the constrained backward path and L_diff each bring?',
    methods: {
      base,
      ft,
      adt,
      stylegan,
      drtune,
      'without-diffusion': withoutDiffusion,
      'drtune-matched': drtuneMatched,
      'drtune-full': drtuneFull,
      'last-k': lastK,
    },
    evaluations: ['ddim'],
    paper: [
      { method: 'ft', figures: figures(23.08, 27.37, 5.821) },
      { method: 'adt', figures: figures(19.84, 27.59, 5.952) },
      { method: 'stylegan', figures: figures(22.35, 27.48, 5.838) },
      { method: 'drtune', figures: figures(21.92, 27.4, 5.849) },
      { method: 'without-diffusion', figures: figures(24.03, 27.18, 5.873) },
    ],
  }
}

/** Table A2: the same trials as Table 1, by how well images fit their captions. */
export function tableA2(scale: Scale): StudyInput {
  const clip = (CLIP: number) => ({ CLIP })
  const { name: _name, ...rest } = table1(scale)
  return {
    ...rest,
    name: 'table-a2',
    title: 'Table A2: fit of image and caption',
    question: 'Does ADT’s nearness to the data cost fit with the caption?',
    metric: { name: 'text', better: 'higher' },
    paper: [
      { method: 'base', evaluation: 'ddim', figures: clip(0.3324) },
      { method: 'base', evaluation: 'dpms', figures: clip(0.3313) },
      { method: 'ft', evaluation: 'ddim', figures: clip(0.3339) },
      { method: 'ft', evaluation: 'dpms', figures: clip(0.333) },
      { method: 'adt', evaluation: 'ddim', figures: clip(0.3346) },
      { method: 'adt-dpms', evaluation: 'dpms', figures: clip(0.334) },
      ...(scale === 'paper' ? otherModelsTableA2 : []),
    ],
  }
}

/** Table A3's figures for each λ, with the paper's K = 3. */
export const lambdaFigures: readonly (readonly [number, ReturnType<typeof figures>])[] = [
  [0, figures(24.07, 27.18, 5.873)],
  [0.1, figures(21.11, 27.53, 5.924)],
  [0.3, figures(20.35, 27.64, 5.938)],
  [0.5, figures(19.84, 27.59, 5.952)],
  [0.7, figures(20.03, 27.65, 5.924)],
  [1, figures(19.93, 27.66, 5.917)],
]

export function tableA3(scale: Scale): StudyInput {
  return {
    ...common(scale),
    name: 'table-a3',
    title: 'Table A3: the weight of L_diff',
    question: 'For which λ is ADT nearer to the data than plain finetuning, and is there a best one?',
    methods: { ft, adt },
    grid: { 'tuning.lambda': [0, 0.1, 0.3, 0.5, 0.7, 1] },
    evaluations: ['ddim'],
    against: 'ft',
    paper: [
      { method: 'ft', figures: figures(23.08, 27.37, 5.821) },
      ...lambdaFigures.map(([lambda, figures]) => ({ method: 'adt', at: { 'tuning.lambda': lambda }, figures })),
    ],
  }
}

/** Table A4. The larger networks are hooked at as many blocks, at the same shares of their depth; the paper's at five. */
export function tableA4(scale: Scale): StudyInput {
  const large: StudyInput['base'] =
    scale === 'paper'
      ? { features: 'weights/dinov2-large', tuning: { discriminator: { hooks: [5, 10, 14, 19, 23] } } }
      : { features: 'emoji-dinov2-large', tuning: { discriminator: { hooks: [5, 11, 17, 23] } } }
  return {
    ...common(scale),
    name: 'table-a4',
    title: 'Table A4: a larger feature network',
    question: 'Does a larger frozen feature network under the discriminator bring ADT nearer to the data?',
    methods: {
      adt: { ...adt, label: 'DINO-Small' },
      large: { label: 'DINO-Large', settings: { method: 'adt', ...large } },
    },
    evaluations: ['ddim'],
    paper: [
      { method: 'adt', figures: figures(19.84, 27.59, 5.952) },
      { method: 'large', figures: figures(20.27, 27.61, 5.92) },
    ],
  }
}
