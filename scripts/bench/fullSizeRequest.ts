/** What the process that tunes a full-size model is told, and what it tells. */

import type { LayoutName } from '../../src/pretraining/index.js'
import type { Precision } from './rows.js'

/** Jitted functions of an iteration, compiled in a process each: what XLA compiled is kept on disk for the next one. */
export const compileParts = ['pull-back', 'forward', 'discriminator', 'autoencoder'] as const
export type CompilePart = (typeof compileParts)[number]

export interface FullSizeRequest {
  model: LayoutName
  size: 'small' | 'full'
  batch: number
  precision: Precision
  /** rank; null: all parameters are tuned */
  lora: number | null
  /** as the model's preset says where left out */
  checkpointing?: boolean
  iterations: number
  /** The part to compile; the iterations are run where left out. */
  compile?: CompilePart
}

/** One number of the run, told as soon as it is known. */
export interface Figure {
  figure: string
  unit: string
  value: number
}
