/** The recordings that a jitted function keeps, and when TensorFlow frees them. */
import { check, type Pointer, theStatus } from './native.js'
import { nativeGraph } from './nativeGraph.js'

/** Beyond so many, the recording that was not used for longest is freed. */
const most = 64

/** A function's name, and the eager context that has it. */
interface Place {
  name: string
  context: Pointer
}

export class Recordings<T extends Place> {
  /** The last used is last. */
  readonly #kept = new Map<string, T>()
  /** What the registry frees: it must hold nothing that holds these recordings. */
  readonly #names = new Map<string, Place>()
  readonly #label: string
  #warned = false

  constructor(label: string) {
    this.#label = label
    collected.register(this, this.#names)
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key)
    if (found) {
      this.#kept.delete(key)
      this.#kept.set(key, found)
    }
    return found
  }

  add(key: string, recording: T): void {
    this.#kept.set(key, recording)
    this.#names.set(key, { name: recording.name, context: recording.context })
    if (this.#kept.size <= most) return
    const oldest = this.#kept.keys().next().value!
    remove(this.#names.get(oldest)!)
    this.#kept.delete(oldest)
    this.#names.delete(oldest)
    if (this.#warned) return
    this.#warned = true
    console.warn(
      `${this.#label} has been recorded more than ${most} times; the oldest recordings are dropped. ` +
        'Numbers that change from call to call are better passed as tensors.',
    )
  }
}

/** A jitted function that nobody holds any more takes its recordings along. */
const collected = new FinalizationRegistry<Map<string, Place>>(names => {
  for (const place of names.values()) remove(place)
})

/**
 * TensorFlow counts how often a function was added, and frees it when it was removed as often. What XLA compiled of it
 * stays until the process ends, for the next recording that computes the same.
 */
function remove({ name, context }: Place): void {
  nativeGraph().removeFunction(context, name, theStatus())
  check(name)
}
