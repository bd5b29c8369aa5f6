// Runs a cell's JavaScript. A cell is a function of two things: the notebook's variables, and how it imports.
import vm from 'node:vm'
import type { Script } from '../language/types.js'
import { createModules } from './modules.js'
import { nameSource } from './positions.js'

/**
 * Runs a cell and gives the value of its last expression.
 * @param name of the cell in stack traces
 * @param signal keeps it from running when it is aborted while its imports are loaded
 */
export type RunCell = (name: string, script: Script, signal: AbortSignal) => Promise<unknown>

export function createCellRunner(variables: Record<string, unknown>, folder: string): RunCell {
  const modules = createModules(folder)
  // For the debugger, which comes in by the inspector and sees globals only.
  Object.defineProperty(globalThis, Symbol.for('adt.variables'), { value: variables })
  // For who writes require(…) without making one; a cell may declare its own.
  Object.defineProperty(globalThis, 'require', { value: modules.require, configurable: true, writable: true })
  return async (name, { javascript, map, awaits, value, modules: edited, imports }, signal) => {
    modules.update(edited)
    await modules.load(imports)
    signal.throwIfAborted()
    nameSource(name, javascript, map)
    const head = `(${awaits ? 'async ' : ''}function (${['$exports', '$require', value].filter(Boolean)}) { `
    // In a list, since a value that is a promise is not awaited.
    const tail = `\nreturn [${value ?? ''}]\n})\n//# sourceURL=${name}`
    const cell = vm.runInThisContext(head + javascript + tail) as (
      ...args: unknown[]
    ) => [unknown?] | Promise<[unknown?]>
    const [last] = await cell(variables, modules.require)
    return last
  }
}
