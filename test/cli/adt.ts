import { join } from 'node:path'
import { execa } from 'execa'
import { root } from '../server/lab.js'

/** The command line as it is built, which starts a second sooner than from its source; `npm test` builds it first. */
export const program = join(root, 'dist', 'cli', 'main.js')

/** Runs it; how it ended is in the result. */
export const adt = (...words: string[]) => execa(process.execPath, [program, ...words], { reject: false })
