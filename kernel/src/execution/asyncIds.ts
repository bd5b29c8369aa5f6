// Node keeps the numbers of the callbacks that run on a stack, and ends the whole process when code is stopped inside
// a callback: what should take its number off the stack never runs, and a check finds it there.
interface AsyncWrap {
  async_hook_fields: Uint32Array
  constants: { kTotals: number; kCheck: number }
}

/** Options for Node: from version 24 on they are enough. */
export const TOLERATE_STOPPED_CALLBACKS = ['--no-force-async-hooks-checks', '--disable-warning=DEP0111']

/** Before version 24 AsyncLocalStorage turns the checks on again; to be called once it is in use. */
export function tolerateStoppedCallbacks(): void {
  if (Number(process.versions.node.split('.')[0]) >= 24) return
  const { binding } = process as unknown as { binding(name: 'async_wrap'): AsyncWrap }
  const { async_hook_fields, constants } = binding('async_wrap')
  async_hook_fields[constants.kTotals] = 0
  async_hook_fields[constants.kCheck] = 0
}
