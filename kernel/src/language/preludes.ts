// The imports that stand before a notebook's first cell. A library's declarations take a second to read: they are
// left out until a cell has to do with it.
import type { Preload } from '../preload.js'

export interface Preludes {
  /** The imports that code is the first to mention. */
  reveal(code: string): string
  /** All that were not revealed yet. */
  revealAll(): string
  reset(): void
}

export function createPreludes(preloads: Preload[]): Preludes {
  let hidden = preloads
  const take = (mentioned: (preload: Preload) => boolean) => {
    const taken = hidden.filter(mentioned)
    hidden = hidden.filter(preload => !mentioned(preload))
    return taken.map(importOf).join('')
  }
  return {
    reveal: code => (hidden.length === 0 ? '' : take(({ name }) => code.includes(name))),
    revealAll: () => take(() => true),
    reset() {
      hidden = preloads
    },
  }
}

function importOf({ name, file, export: exported }: Preload): string {
  const module = JSON.stringify(file.replaceAll('\\', '/'))
  if (!exported) return `import * as ${name} from ${module};\n`
  return `import { ${exported === name ? name : `${exported} as ${name}`} } from ${module};\n`
}
