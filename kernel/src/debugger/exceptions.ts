// Whether somebody will catch an exception. The inspector cannot tell: the kernel itself catches what a cell throws.
// So the programs on the stack are read: is one of them in the body of a `try`? What catches by a promise's `catch`,
// or in a function that awaits, is not on the stack and not seen.
import type { Debugger } from 'node:inspector'
import type { Guard } from '../language/guards.js'
import type { Post } from './inspector.js'

interface Program {
  guards: Guard[]
  /** Where each line starts, in UTF-16 units. */
  lines: number[]
}

/** @param findGuards see language/guards.ts */
export function createCatchFinder(post: Post, findGuards: (code: string) => Promise<Guard[]>) {
  const programs = new Map<string, Promise<Program>>()

  async function read(scriptId: string): Promise<Program> {
    const { scriptSource } = await post<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', { scriptId })
    const lines = [0]
    for (let at = scriptSource.indexOf('\n'); at >= 0; at = scriptSource.indexOf('\n', at + 1)) lines.push(at + 1)
    return { guards: await findGuards(scriptSource), lines }
  }

  /** Whether one of the functions called stands in a `try`. */
  return async function isCaught(frames: Debugger.CallFrame[]): Promise<boolean> {
    for (const { location } of frames) {
      const { scriptId, lineNumber, columnNumber } = location
      const program = programs.get(scriptId) ?? read(scriptId)
      programs.set(scriptId, program)
      const { guards, lines } = await program
      const at = lines[lineNumber]! + (columnNumber ?? 0)
      const around = guards.filter(({ start, end }) => start <= at && at < end)
      // They are nested: the innermost starts last.
      if (around.sort((a, b) => b.start - a.start)[0]?.catches) return true
    }
    return false
  }
}
