// What the language thread answers.
import type { ConvertResult } from 'tslab/dist/converter.js'
import type { CellMaps } from './typescript.js'

/** A syntax or type error; line and character count from 0. */
export interface Problem {
  line: number
  character: number
  length: number
  text: string
  /** TypeScript's number of the error. */
  code: number
  /** The local module that it is in; without it, the cell. */
  file?: string
}

export interface Conversion {
  problems: Problem[]
  /** Nothing to run: a cell that only declares types, or a module. */
  empty: boolean
  /** The notebook's declarations after this cell. */
  declarations: string
  javascript?: ConvertResult
  /** From the JavaScript back to the cell. */
  maps?: CellMaps
}

/** Positions in UTF-16 units. */
export interface Completion {
  start: number
  end: number
  matches: string[]
  /** TypeScript's kind of each match: method, const, class, … */
  kinds: string[]
}

export interface Inspection {
  signature: string
  documentation: string
  tags: { name: string; text: string }[]
}

export interface Completeness {
  status: 'complete' | 'incomplete' | 'invalid'
  indent?: string
}
