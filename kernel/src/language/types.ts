// What the language thread answers.

/** A syntax or type error; line and character count from 0. */
export interface Problem {
  line: number
  character: number
  length: number
  text: string
  /** TypeScript's number of the error. */
  code: number
  /** The line that it is in, as written. */
  source: string
  /** The local module that it is in, relative to the notebook's folder; without it, the cell. */
  file?: string
}

/** What runs of a cell. */
export interface Script {
  /** The body of a function of `$exports` (the notebook's variables) and `$require`. */
  javascript: string
  /** Source map from it to the cell, as JSON. */
  map: string
  /** Whether the function has to be async. */
  awaits: boolean
  /** A further parameter, for the last expression's value, if the cell ends with one. */
  value?: string
  /** Local modules that are new or were edited since they were sent last. */
  modules: LocalModule[]
  imports: Imports
}

/** What a cell or a module imports. */
export interface Imports {
  /** Specifiers of local modules, and their files. */
  local: Record<string, string>
  /** Specifiers, of packages too, that are to be loaded first: all but those of `import(…)`. */
  first: string[]
}

/** A module of the notebook's own, as CommonJS. */
export interface LocalModule {
  file: string
  javascript: string
  /** Source map to the file, as JSON; none for JSON. */
  map?: string
  awaits: boolean
  imports: Imports
}

export interface Conversion {
  /** Errors. Without a script they keep the cell from running; with one they are warnings. */
  problems: Problem[]
  script?: Script
  /** The same text gives the same again, and declares nothing, as long as no other cell declares something. */
  repeatable?: boolean
}

/** Positions in UTF-16 units. */
export interface Completion {
  start: number
  end: number
  matches: Match[]
}

export interface Match {
  text: string
  /** TypeScript's kind: method, const, class, … */
  kind: string
  signature?: string
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

/** What a type error does: keeps the cell from running, is printed while it runs, or is not looked for. */
export type Checking = 'error' | 'warn' | 'off'
