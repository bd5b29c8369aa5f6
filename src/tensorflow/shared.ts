/**
 * State that there must be one of in a process. The same files can be loaded twice (as a module and through `require`,
 * or from `src` and from `dist`), while TensorFlow, its eager context and TF.js's backend are one.
 */
const key = Symbol.for('adt.tensorflow')
const states = globalThis as { [key]?: Map<string, unknown> }

/** The state of that name, made by whoever asks first. */
export function shared<T>(name: string, make: () => T): T {
  states[key] ??= new Map()
  if (!states[key].has(name)) states[key].set(name, make())
  return states[key].get(name) as T
}
