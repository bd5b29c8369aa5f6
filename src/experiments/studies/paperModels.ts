/** Table 1's other two models, SDXL and SD3, at paper scale: their methods, and the paper's figures for them. */

import type { StudyInput } from '../study.js'
import { figures } from './settings.js'

type Methods = StudyInput['methods']
type PaperNumbers = NonNullable<StudyInput['paper']>

const sdxlDdim = { sampler: 'ddim', steps: 50, guidance: 5 }
const sdxlDpms = { sampler: 'dpm-solver', steps: 30, guidance: 5 }
const sd3Flow = { sampler: 'flow-euler', steps: 28, guidance: 7 }

const sdxl = {
  model: 'weights/stable-diffusion-xl-base-1.0',
  preset: 'sdxl',
  sampling: sdxlDdim,
  evaluations: { 'sdxl-ddim': { ...sdxlDdim, scores: true }, 'sdxl-dpms': { ...sdxlDpms, scores: true } },
}
const sd3 = {
  model: 'weights/stable-diffusion-3-medium',
  preset: 'sd3',
  sampling: sd3Flow,
  evaluations: { sd3: { ...sd3Flow, scores: true } },
}

export const otherModels: Methods = {
  'sdxl-base': { label: 'Base', settings: { method: 'base', ...sdxl }, evaluations: ['sdxl-ddim', 'sdxl-dpms'] },
  'sdxl-ft': { label: 'FT', settings: { method: 'ft', ...sdxl }, evaluations: ['sdxl-ddim', 'sdxl-dpms'] },
  'sdxl-adt': { label: 'ADT', settings: { method: 'adt', ...sdxl }, evaluations: ['sdxl-ddim'] },
  'sdxl-adt-dpms': {
    label: 'ADT',
    settings: { method: 'adt', ...sdxl, sampling: sdxlDpms },
    evaluations: ['sdxl-dpms'],
  },
  'sd3-base': { label: 'Base', settings: { method: 'base', ...sd3 }, evaluations: ['sd3'] },
  'sd3-ft': { label: 'FT', settings: { method: 'ft', ...sd3 }, evaluations: ['sd3'] },
  'sd3-adt': { label: 'ADT', settings: { method: 'adt', ...sd3 }, evaluations: ['sd3'] },
}

export const otherModelsTable1: PaperNumbers = [
  { method: 'sdxl-base', evaluation: 'sdxl-ddim', figures: figures(16.16, 27.66, 5.911) },
  { method: 'sdxl-base', evaluation: 'sdxl-dpms', figures: figures(16.82, 27.71, 6.013) },
  { method: 'sdxl-ft', evaluation: 'sdxl-ddim', figures: figures(12.01, 27.94, 5.967) },
  { method: 'sdxl-ft', evaluation: 'sdxl-dpms', figures: figures(12.35, 27.96, 6.082) },
  { method: 'sdxl-adt', evaluation: 'sdxl-ddim', figures: figures(11.57, 28.01, 6.11) },
  { method: 'sdxl-adt-dpms', evaluation: 'sdxl-dpms', figures: figures(12.07, 28.07, 6.122) },
  { method: 'sd3-base', evaluation: 'sd3', figures: figures(23.32, 28.24, 5.82) },
  { method: 'sd3-ft', evaluation: 'sd3', figures: figures(14.74, 28.17, 5.948) },
  { method: 'sd3-adt', evaluation: 'sd3', figures: figures(13.49, 28.26, 5.963) },
]

const clip = (CLIP: number) => ({ CLIP })

export const otherModelsTableA2: PaperNumbers = [
  { method: 'sdxl-base', evaluation: 'sdxl-ddim', figures: clip(0.3677) },
  { method: 'sdxl-base', evaluation: 'sdxl-dpms', figures: clip(0.3712) },
  { method: 'sdxl-ft', evaluation: 'sdxl-ddim', figures: clip(0.3708) },
  { method: 'sdxl-ft', evaluation: 'sdxl-dpms', figures: clip(0.3749) },
  { method: 'sdxl-adt', evaluation: 'sdxl-ddim', figures: clip(0.3759) },
  { method: 'sdxl-adt-dpms', evaluation: 'sdxl-dpms', figures: clip(0.3758) },
  { method: 'sd3-base', evaluation: 'sd3', figures: clip(0.3547) },
  { method: 'sd3-ft', evaluation: 'sd3', figures: clip(0.3616) },
  { method: 'sd3-adt', evaluation: 'sd3', figures: clip(0.3641) },
]

const shares = (HPS: number, AES: number) => ({ HPS, AES })

/** Fig. 3, top, in percent. */
export const otherModelsFigure3: PaperNumbers = [
  { method: 'sdxl-base', evaluation: 'sdxl-ddim', figures: shares(18.2, 22.7) },
  { method: 'sdxl-ft', evaluation: 'sdxl-ddim', figures: shares(34.6, 19.7) },
  { method: 'sdxl-adt', evaluation: 'sdxl-ddim', figures: shares(47.2, 57.6) },
  { method: 'sdxl-base', evaluation: 'sdxl-dpms', figures: shares(24, 26.5) },
  { method: 'sdxl-ft', evaluation: 'sdxl-dpms', figures: shares(29.5, 32) },
  { method: 'sdxl-adt-dpms', evaluation: 'sdxl-dpms', figures: shares(46.5, 41.6) },
  { method: 'sd3-base', evaluation: 'sd3', figures: shares(44.1, 26.9) },
  { method: 'sd3-ft', evaluation: 'sd3', figures: shares(19.2, 33.9) },
  { method: 'sd3-adt', evaluation: 'sd3', figures: shares(36.8, 39.2) },
]
