// Which subshells there are. They need no threads of their own: the kernel never waits for a cell.
import { randomUUID } from 'node:crypto'

export interface Subshells {
  /** @returns the new one's id */
  create(): string
  /** @throws Error when there is none of this id */
  delete(id: string): void
  list(): string[]
  /** Whether there is one of this id; a message without an id is for the main shell. */
  has(id: unknown): boolean
}

export function createSubshells(): Subshells {
  const ids = new Set<unknown>()
  return {
    create() {
      const id = randomUUID()
      ids.add(id)
      return id
    },
    delete(id) {
      if (!ids.delete(id)) throw new Error(`there is no subshell ${id}`)
    },
    list: () => [...ids] as string[],
    has: id => id === undefined || id === null || ids.has(id),
  }
}
