/** The table of a study's folder for a cell. */

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readStudy, readTrials, renderTable, type Study, studies, type Table, tableOf } from '../experiments/index.js'
import { type Displayable, displayable } from './host.js'

/**
 * The study in a folder; where nothing was run, the one that the project defines under this name.
 * @throws Error naming the file that is missing or is no study's
 */
export function studyIn(folder: string): Study {
  const [scale, name] = [basename(dirname(resolve(folder))), basename(folder)]
  const isScale = scale === 'emoji' || scale === 'paper'
  const defined = isScale ? studies(scale).find(study => study.name === name) : undefined
  return defined && !existsSync(join(folder, 'study.json')) ? defined : readStudy(folder)
}

export interface StudyTableOptions {
  /** `curve`: a row for each measurement on the way, also of trials that were cut off. The study's own by default. */
  view?: Study['view']
}

/**
 * The table of a study as it was run (`notebooks/studies/emoji/table-3`, as `adt study run` leaves it), and what of it is not
 * run yet. It shows itself when it ends a cell; `rows` are its figures.
 * @throws Error naming the file that is missing or is no study's
 */
export function studyTable(folder: string, { view }: StudyTableOptions = {}): Table & Displayable {
  const study = studyIn(folder)
  const table = tableOf({ ...study, view: view ?? study.view }, readTrials(dirname(resolve(folder))))
  return displayable(table, () => ({
    'text/markdown': renderTable(table, 'markdown'),
    'text/plain': renderTable(table, 'text'),
  }))
}
