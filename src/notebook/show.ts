/** Shows anything a cell may hold. */

import { inspect } from 'node:util'
import type { Dataset } from '../data/index.js'
import { type View, viewBundle } from '../views/index.js'
import { display, emit, isDisplayable } from './host.js'
import { images } from './images.js'
import { isDataset, isPictures } from './pictures.js'
import { type Row, table } from './table.js'

/**
 * Shows a view, images, a data set, rows of a table, or any value; in plain Node as text.
 * @returns a promise where the value must be read first (a data set, a promise), to be awaited
 */
export function show(value: Dataset | Promise<unknown>): Promise<void>
export function show(value: unknown): void
export function show(value: unknown): Promise<void> | void {
  if (value instanceof Promise) return value.then(show)
  if (isDataset(value)) return images(value).then(show)
  emit(bundleOf(value))
}

function bundleOf(value: unknown): Record<string, unknown> {
  if (isDisplayable(value)) return value[display]()
  if (isView(value)) return viewBundle(value)
  if (isPictures(value)) return images(value)[display]()
  if (isRows(value)) return table(value)[display]()
  return { 'text/plain': typeof value === 'string' ? value : inspect(value) }
}

function isView(value: unknown): value is View {
  return typeof value === 'object' && value !== null && 'version' in value && 'view' in value
}

function isRows(value: unknown): value is readonly Row[] {
  const isRow = (row: unknown) =>
    typeof row === 'object' && row !== null && Object.getPrototypeOf(row) === Object.prototype
  return Array.isArray(value) && value.length > 0 && value.every(isRow)
}
