// The language process as a snapshot of V8's heap, which kernel/snapshot.mjs has Node write: with TypeScript, its
// library, Node's types and what the preloaded libraries declare read and checked. To begin from it takes a third of a
// second less than to read them.
import { statSync } from 'node:fs'
import { startupSnapshot } from 'node:v8'
import type { Preload } from '../preload.js'
import { serve } from './serve.js'
import { createSession } from './session.js'

/** Cells of many kinds, so that what they need of TypeScript is compiled. No completion: it sorts by ICU, which no snapshot holds. */
const REHEARSAL = [
  '1 + 1',
  'const a = [1, 2].map(x => x * 2)\na',
  'class Point { constructor(readonly x: number) {} }\nawait Promise.resolve(new Point(1))',
  "import { join } from 'node:path'\nconsole.log(join('a', 'b'))",
  'const wrong: number = "text"',
]

const preloads = JSON.parse(process.env.ADT_SNAPSHOT_PRELOADS!) as Preload[]
const session = createSession({ preloads, folder: process.cwd(), checking: 'error' })
const { workspace } = session
session.convert('')
session.warm()
for (const code of REHEARSAL) {
  session.convert(code)
  session.commit()
  session.isComplete(code)
}
session.reset()

/** Declarations that somebody may have built anew since; what is installed stays as it is. */
const stamps = workspace
  .sources()
  .filter(file => !file.includes('/node_modules/') && !file.startsWith(`${process.cwd()}/`))
  .map(file => ({ file, at: stampOf(file) }))

startupSnapshot.setDeserializeMainFunction(() => {
  serve(stamps.every(({ file, at }) => stampOf(file) === at) ? workspace : undefined)
})

function stampOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs
}
