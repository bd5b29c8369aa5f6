/** The table of a study's folder for a cell. */

import { dirname, resolve } from 'node:path'
import { readStudy, readTrials, renderTable, type Table, tableOf } from '../experiments/index.js'
import { type Displayable, displayable } from './host.js'

/**
 * The table of a study as it was run (`notebooks/studies/emoji/table-3`, as `adt study run` leaves it), and what of it is not
 * run yet. It shows itself when it ends a cell; `rows` are its figures.
 * @throws Error naming the file that is missing or is no study's
 */
export function studyTable(folder: string): Table & Displayable {
  const table = tableOf(readStudy(folder), readTrials(dirname(resolve(folder))))
  return displayable(table, () => ({
    'text/markdown': renderTable(table, 'markdown'),
    'text/plain': renderTable(table, 'text'),
  }))
}
