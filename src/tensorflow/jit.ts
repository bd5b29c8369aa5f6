/** `jit`: a function of tensors recorded once and from then on run as one TensorFlow call. */
import { backend, tf } from './backend.js'
import { currentRecording, eager, record, registerHandle, registerSymbolic, symbolic } from './binding.js'
import { callerLine } from './callerLine.js'
import { context } from './context.js'
import { run } from './eager.js'
import { check, native, theStatus } from './native.js'
import type { Precision } from './precision.js'
import { type Eager, Recording, type Symbolic } from './recording.js'
import { shared } from './shared.js'
import { flatten, mapTensors } from './structure.js'

export interface JitOptions {
  /**
   * `xla` compiles with XLA, `graph` runs TensorFlow's graph; `auto`, the default, is what the
   * environment's ADT_JIT says, else XLA on a GPU and the graph on a CPU.
   */
  compile?: 'auto' | 'graph' | 'xla'
  /**
   * `bfloat16` rounds what matrix products and convolutions read to bfloat16; what they give, and all else, weights and
   * optimizer state too, stays float32, the default.
   */
  precision?: Precision
}

interface Compiled {
  name: string
  captured: Eager[]
  outputs: { shape: number[]; dtype: number }[]
  /** The result's structure, with a place holder tensor's position for each tensor. */
  rebuild: (tensors: tf.Tensor[]) => unknown
}

const manyRecordings = 32
const names = shared('functions', () => ({ next: 0 }))

/**
 * Records the TF.js operations that `f` makes, gradients included, and runs them as one call from then on.
 *
 * Arguments and result are nested arrays and records. Tensors in the arguments are inputs; everything else in them is
 * fixed by the recording: other values, shapes or data types make another recording. Tensors that `f` takes from
 * around it must stay alive. Within another jit, or under `tf.grad`, `f` simply runs there and becomes part of it.
 *
 * @throws Error while recording, when `f` reads a tensor's values, draws random numbers without a key, uses an
 *   operation with hidden state, or makes a tensor whose shape depends on values
 * @throws Error when called after a tensor taken from around `f` was disposed of
 */
export function jit<A extends unknown[], R>(
  f: (...args: A) => R,
  { compile = 'auto', precision = 'float32' }: JitOptions = {},
): (...args: A) => R {
  const recorded = new Map<string, Compiled>()
  return (...args) => {
    // A tape must see every operation to differentiate it, and a recording every operation to keep it.
    if (currentRecording() || tapeIsOn()) return f(...args)
    const tensors: tf.Tensor[] = []
    const key = flatten(args, tensors)
    let compiled = recorded.get(key)
    if (!compiled) {
      const name = `${f.name.replace(/\W/g, '_') || 'jit'}_${names.next++}`
      compiled = recordCall(name, f, args, { usesXla: usesXla(compile), precision })
      recorded.set(key, compiled)
      if (recorded.size === manyRecordings)
        console.warn(
          `${f.name || 'A jitted function'} has been recorded ${manyRecordings} times. ` +
            'Numbers that change from call to call are better passed as tensors.',
        )
    }
    return call(compiled, tensors) as R
  }
}

function tapeIsOn(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state
  return gradientDepth > 0 && kernelDepth === 0
}

function recordCall<A extends unknown[], R>(
  name: string,
  f: (...args: A) => R,
  args: A,
  settings: { usesXla: boolean; precision: Precision },
): Compiled {
  const recording = new Recording(settings)
  const engine = tf.engine()
  const random = Math.random
  engine.startScope(name)
  record(recording)
  Math.random = refuseRandom
  try {
    const inputs = mapTensors(args, tensor =>
      backend().createOutputTensor(
        registerSymbolic(recording.parameter(tensor.shape, backend().getDTypeInteger(tensor.dtype))),
      ),
    ) as A
    const result: unknown = f(...inputs)
    if (result instanceof Promise)
      throw new Error('jit records functions that are not async: return tensors, not a promise.')
    refuseAssignments()
    const tensors: tf.Tensor[] = []
    flatten(result, tensors)
    const outputs: Symbolic[] = backend().getInputTensorIds(tensors).map(symbolic)
    recording.finish(name, outputs)
    const positions = new Map(tensors.map((tensor, i) => [tensor, i]))
    const structure = mapTensors(result, tensor => tensor)
    return {
      name,
      captured: recording.captured,
      outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })),
      rebuild: made => mapTensors(structure, tensor => made[positions.get(tensor)!]!),
    }
  } finally {
    Math.random = random
    record(undefined)
    engine.endScope()
    recording.dispose()
  }
}

/** XLA's first call takes a minute or more for a large function, which short runs may not want to wait for. */
function usesXla(compile: JitOptions['compile']): boolean {
  if (compile !== 'auto') return compile === 'xla'
  const { ADT_JIT } = process.env
  if (ADT_JIT === undefined) return context().gpu !== undefined
  if (ADT_JIT === 'graph' || ADT_JIT === 'xla') return ADT_JIT === 'xla'
  throw new Error(`ADT_JIT is '${ADT_JIT}' in the environment: give graph or xla, or leave it out.`)
}

/** A variable that was assigned holds a node's output now, and would not be assigned again by later calls. */
function refuseAssignments(): void {
  for (const variable of Object.values(tf.engine().state.registeredVariables)) {
    const data = backend().tensorMap.get(variable.dataId)
    if (data && backend().isRecorded(data))
      throw new Error(
        `The variable ${variable.name} was made or assigned while jit was recording, and is of no use any more. ` +
          'Return the new value and assign it outside.',
      )
  }
}

function refuseRandom(): number {
  throw new Error(
    `Random numbers were drawn in JavaScript while jit was recording${callerLine()}; every later call would repeat ` +
      'them. Use randomNormal or randomUniform with a key that is an argument.',
  )
}

function call(compiled: Compiled, tensors: tf.Tensor[]): unknown {
  const { name, captured, outputs, rebuild } = compiled
  const inputs = new BigUint64Array(tensors.length + captured.length)
  tensors.forEach((tensor, i) => {
    inputs[i] = eager(backend().idOf(tensor)).handle
  })
  captured.forEach((tensor, i) => {
    if (tensor.handle === 0n)
      throw new Error(
        `${name} uses a tensor of shape [${tensor.shape}] from around it, which was disposed of after the recording. ` +
          'Pass it as an argument, or keep it.',
      )
    inputs[tensors.length + i] = tensor.handle
  })
  const tensorflow = native()
  const { pointer, gpu } = context()
  const op = tensorflow.newOp(pointer, name, theStatus())
  check(name)
  try {
    if (gpu) tensorflow.setDevice(op, gpu, theStatus())
    if (inputs.length > 0) tensorflow.addInputList(op, inputs, inputs.length, theStatus())
    check(name)
    const handles = run(op, name, outputs.length)
    return rebuild(
      handles.map((handle, i) => {
        const { shape, dtype } = outputs[i]!
        return backend().createOutputTensor(registerHandle(handle, { shape: [...shape], dtype }))
      }),
    )
  } finally {
    tensorflow.deleteOp(op)
  }
}
