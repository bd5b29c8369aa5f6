// Node keeps the numbers of the callbacks that run on a stack, and ends the whole process when code is stopped inside
// a callback: what should take its number off the stack never runs, and a check finds it there.
interface AsyncWrap {
  async_hook_fields: Uint32Array
  constants: { kTotals: number; kCheck: number }
}

/** Turns the checks of that stack off; called once it is in use. The numbers left on it do no harm. */
export function tolerateStoppedCallbacks(): void {
  const { binding } = process as unknown as { binding(name: 'async_wrap'): AsyncWrap }
  const { async_hook_fields, constants } = binding('async_wrap')
  async_hook_fields[constants.kTotals] = 0
  async_hook_fields[constants.kCheck] = 0
}
