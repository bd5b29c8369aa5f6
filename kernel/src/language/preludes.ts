// The imports that stand before a notebook's first cell. A library's declarations take a second to read: they are
// left out until a cell has to do with it.
import type { Preload } from '../preload.js'
import type { Workspace } from './workspace.js'

export interface Preludes {
  /** The imports that code is the first to mention. */
  reveal(code: string): string
  /** All that were not revealed yet. */
  revealAll(): string
  reset(): void
}

export function createPreludes(workspace: Workspace, preloads: Preload[]): Preludes {
  let hidden = preloads
  const take = (mentioned: (preload: Preload) => boolean) => {
    const taken = hidden.filter(mentioned)
    hidden = hidden.filter(preload => !mentioned(preload))
    return taken.map(preload => importOf(workspace, preload)).join('')
  }
  return {
    reveal: code => (hidden.length === 0 ? '' : take(({ name }) => code.includes(name))),
    revealAll: () => take(() => true),
    reset() {
      hidden = preloads
    },
  }
}

function importOf(workspace: Workspace, { name, module, from, export: exported }: Preload): string {
  const declared = workspace.resolve(module, from)?.resolvedFileName
  // Without declarations a name is there, and may be anything.
  if (!declared || !/\.d\.[mc]?ts$|\.tsx?$/.test(declared)) return `declare const ${name}: any;\n`
  const path = JSON.stringify(declared.replace(/\.d\.([mc]?)ts$/, '.$1js'))
  if (!exported) return `import * as ${name} from ${path};\n`
  return `import { ${exported === name ? name : `${exported} as ${name}`} } from ${path};\n`
}
