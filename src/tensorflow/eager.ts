/** Running one operation, or one function, at once. */
import { type Attribute, setAttribute } from './attributes.js'
import { context } from './context.js'
import { checkRun } from './failures.js'
import { check, native, type Pointer, theStatus } from './native.js'

const count = new Int32Array(1)

/**
 * Runs an operation and gives the handles of its outputs, which the caller deletes.
 * @throws Error with the operation's name, and TensorFlow's message or a remedy
 */
export function execute(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly Pointer[],
  outputs: number,
): Pointer[] {
  const tensorflow = native()
  const status = theStatus()
  const op = tensorflow.newOp(context().pointer, name, status)
  check(name)
  try {
    for (const attribute of attributes) setAttribute(tensorflow.eagerAttributes, op, attribute)
    for (const input of inputs) tensorflow.addInput(op, input, status)
    check(name)
    return run(op, name, outputs)
  } finally {
    tensorflow.deleteOp(op)
  }
}

/** Executes a prepared operation. */
export function run(op: Pointer, name: string, outputs: number): Pointer[] {
  const handles = new BigUint64Array(outputs)
  count[0] = outputs
  native().execute(op, handles, count, theStatus())
  checkRun(name)
  return Array.from(handles.subarray(0, count[0]))
}

type Settle = (error: unknown) => void
type Aside = (op: Pointer, handles: BigUint64Array, count: Int32Array, status: Pointer, settle: Settle) => void

/**
 * Executes a prepared operation on another thread, and deletes what it gives. The operation holds its inputs; it is the
 * caller's to delete afterwards.
 */
export async function runAside(op: Pointer, name: string, outputs: number): Promise<void> {
  const tensorflow = native()
  // The one status of all other calls would be written to from two threads.
  const status = tensorflow.newStatus()
  const handles = new BigUint64Array(outputs)
  const made = Int32Array.of(outputs)
  const execute = (tensorflow.execute as unknown as { async: Aside }).async
  try {
    await new Promise<void>((resolve, reject) =>
      execute(op, handles, made, status, error => (error ? reject(error) : resolve())),
    )
    const code = tensorflow.code(status)
    if (code === 0) for (const handle of handles.subarray(0, made[0])) tensorflow.deleteHandle(handle)
    else tensorflow.setStatus(theStatus(), code, tensorflow.message(status))
    checkRun(name)
  } finally {
    tensorflow.deleteStatus(status)
  }
}
