/** `jit`: a function of tensors recorded once and from then on run as one TensorFlow call. */
import { backend, tf } from './backend.js'
import { currentRecording, eager, record, registerHandle, registerSymbolic, symbolic } from './binding.js'
import { callerLine } from './callerLine.js'
import { heedInterrupt, wholeStep } from './cell.js'
import { context } from './context.js'
import { run, runAside } from './eager.js'
import { check, native, type Pointer, theStatus } from './native.js'
import { acrossContext } from './parallel.js'
import type { Precision } from './precision.js'
import { type Eager, Recording, type Symbolic } from './recording.js'
import { Recordings } from './recordings.js'
import { flatten, mapTensors } from './structure.js'

export interface JitOptions {
  /**
   * `xla` compiles with XLA, `graph` runs TensorFlow's graph; `auto`, the default, is what the environment's ADT_JIT
   * says, which may also be `eager` (no recording: operations run as they come, to look at values between them), else
   * XLA on a GPU and the graph on a CPU.
   */
  compile?: 'auto' | 'graph' | 'xla'
  /**
   * `bfloat16` rounds what matrix products and convolutions read to bfloat16; what they give, and all else, weights and
   * optimizer state too, stays float32, the default. Within another jit, what is stated here holds for this function's
   * forward operations, and where nothing is stated the outer function's precision does.
   */
  precision?: Precision
  /**
   * On a CPU: `within`, the default, gives all cores to one operation after another, `across` each core operations of
   * its own, for a function of parts that do not depend on each other.
   */
  parallel?: 'within' | 'across'
}

interface Compiled {
  /** What to call it in errors. */
  label: string
  /** TensorFlow's name of the function. */
  name: string
  /** The eager context that has the function. */
  context: Pointer
  captured: Eager[]
  outputs: { shape: number[]; dtype: number }[]
  /** The result's structure, with a place holder tensor's position for each tensor. */
  rebuild: (tensors: tf.Tensor[]) => unknown
}

export interface Jitted<A extends unknown[], R> {
  (...args: A): R
  /**
   * Records a call with such arguments, compiles it and runs it once, its results thrown away: afterwards a call is
   * quick. On a CPU this happens on another thread, and functions that are made ready together compile side by side.
   * @throws what a call throws
   */
  ready(...args: A): Promise<void>
}

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
  { compile = 'auto', precision, parallel = 'within' }: JitOptions = {},
): Jitted<A, R> {
  const label = f.name || 'A jitted function'
  const recordings = new Recordings<Compiled>(label)
  let known: ReturnType<typeof wayOf> | undefined
  const way = () => {
    known ??= wayOf(compile)
    return known
  }
  const recordingOf = (args: A, tensors: tf.Tensor[]) => {
    const key = flatten(args, tensors)
    let compiled = recordings.get(key)
    if (!compiled) {
      const usesXla = way() === 'xla'
      const place = parallel === 'across' && !usesXla ? acrossContext() : context().pointer
      const settings = { usesXla, precision: precision ?? 'float32', context: place }
      // Stopped half-way, every operation from then on would be recorded.
      compiled = wholeStep(() => recordCall(label, f, args, settings))
      recordings.add(key, compiled)
    }
    return compiled
  }
  const jitted = (...args: A): R => {
    const outer = currentRecording()
    if (outer) return outer.within(precision, () => f(...args))
    // A tape must see every operation to differentiate it.
    if (tapeIsOn()) return f(...args)
    heedInterrupt()
    if (way() === 'eager') return runEagerly(f, args)
    const tensors: tf.Tensor[] = []
    return wholeStep(() => call(recordingOf(args, tensors), tensors)) as R
  }
  const ready = async (...args: A): Promise<void> => {
    if (way() === 'eager') return
    const tensors: tf.Tensor[] = []
    const compiled = recordingOf(args, tensors)
    // Most of XLA's time for a GPU goes into trying kernels out, one at a time and undisturbed: on several threads the same
    // three functions took no less (147 s, and 131 s one by one).
    if (context().gpu) {
      tf.dispose(call(compiled, tensors) as tf.TensorContainer)
      return
    }
    const op = prepareCall(compiled, tensors)
    try {
      await runAside(op, compiled.label, compiled.outputs.length)
    } finally {
      native().deleteOp(op)
    }
  }
  return Object.assign(jitted, { ready })
}

/** As a call of a recording: what `f` makes on the way is freed, and no result is an argument itself. */
const runEagerly = <A extends unknown[], R>(f: (...args: A) => R, args: A): R =>
  tf.tidy(() => mapTensors(f(...args), tensor => tensor.clone()) as R & tf.TensorContainer)

function tapeIsOn(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state
  return gradientDepth > 0 && kernelDepth === 0
}

function recordCall<A extends unknown[], R>(
  label: string,
  f: (...args: A) => R,
  args: A,
  settings: { usesXla: boolean; precision: Precision; context: Pointer },
): Compiled {
  const recording = new Recording(settings)
  const engine = tf.engine()
  const random = Math.random
  engine.startScope(label)
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
    const positions = new Map(tensors.map((tensor, i) => [tensor, i]))
    const structure = mapTensors(result, tensor => tensor)
    return {
      label,
      name: recording.finish(label, outputs),
      context: settings.context,
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
function wayOf(compile: JitOptions['compile']): 'eager' | 'graph' | 'xla' {
  if (compile === 'graph' || compile === 'xla') return compile
  const { ADT_JIT } = process.env
  if (ADT_JIT === undefined) return context().gpu ? 'xla' : 'graph'
  if (ADT_JIT === 'eager' || ADT_JIT === 'graph' || ADT_JIT === 'xla') return ADT_JIT
  throw new Error(`ADT_JIT is '${ADT_JIT}' in the environment: give eager, graph or xla, or leave it out.`)
}

/** Whether jitted functions are compiled by XLA unless they say otherwise: then the first call of each takes long. */
export const usesXla = (): boolean => wayOf('auto') === 'xla'

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

/** TensorFlow's operation for a call, with its inputs. */
function prepareCall({ label, name, context: place, captured }: Compiled, tensors: tf.Tensor[]): Pointer {
  const inputs = new BigUint64Array(tensors.length + captured.length)
  tensors.forEach((tensor, i) => {
    inputs[i] = eager(backend().idOf(tensor)).handle
  })
  captured.forEach((tensor, i) => {
    if (tensor.handle === 0n)
      throw new Error(
        `${label} uses a tensor of shape [${tensor.shape}] from around it, which was disposed of after the recording. ` +
          'Pass it as an argument, or keep it.',
      )
    inputs[tensors.length + i] = tensor.handle
  })
  const tensorflow = native()
  const { gpu } = context()
  const op = tensorflow.newOp(place, name, theStatus())
  check(label)
  try {
    if (gpu) tensorflow.setDevice(op, gpu, theStatus())
    if (inputs.length > 0) tensorflow.addInputList(op, inputs, inputs.length, theStatus())
    check(label)
    return op
  } catch (error) {
    tensorflow.deleteOp(op)
    throw error
  }
}

function call(compiled: Compiled, tensors: tf.Tensor[]): unknown {
  const { label, outputs, rebuild } = compiled
  const op = prepareCall(compiled, tensors)
  try {
    const handles = run(op, label, outputs.length)
    return rebuild(
      handles.map((handle, i) => {
        const { shape, dtype } = outputs[i]!
        return backend().createOutputTensor(registerHandle(handle, { shape: [...shape], dtype }))
      }),
    )
  } finally {
    native().deleteOp(op)
  }
}
