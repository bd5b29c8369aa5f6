// The cells as the debugger knows them: by the path under which a client sets breakpoints, which follows from a cell's
// text alone, and by the name that its script has in the execution process. No file is written.
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import type { Script } from '../language/types.js'
import { murmur2 } from './hash.js'
import { cellPositions, type Positions } from './positions.js'

export const HASH_SEED = 0x414454
export const PATH_PREFIX = join(tmpdir(), `adt-kernel-${process.pid}`) + sep
export const PATH_SUFFIX = '.ts'

/** A cell that was run. */
export interface Cell {
  /** The script's URL, such as `cell[3]`. */
  name: string
  path: string
  /** Made when first asked for: most cells are never debugged. */
  positions(): Positions
}

export const pathOf = (code: string): string => `${PATH_PREFIX}${murmur2(code, HASH_SEED)}${PATH_SUFFIX}`

export function createCells() {
  const byName = new Map<string, Cell>()
  const sources = new Map<string, string>()

  return {
    add(name: string, code: string, { map }: Script): Cell {
      let positions: Positions | undefined
      const cell: Cell = {
        name,
        path: this.dump(code),
        positions: () => {
          positions ??= cellPositions(map, code)
          return positions
        },
      }
      byName.set(name, cell)
      return cell
    },
    /** @returns the path of a cell with this text, which may not have run yet */
    dump(code: string): string {
      const path = pathOf(code)
      sources.set(path, code)
      return path
    },
    named: (name: string) => byName.get(name),
    /** All runs of a cell's text. */
    runs: (path: string) => [...byName.values()].filter(cell => cell.path === path),
    source: (path: string) => sources.get(path),
    /** For a fresh execution process; the texts stay. */
    forgetRuns: () => byName.clear(),
  }
}

export type Cells = ReturnType<typeof createCells>
