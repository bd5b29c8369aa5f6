/** A recording: the graph that `jit` builds while a function of tensors runs once. */
import { type Attribute, castAttributes, setAttribute } from './attributes.js'
import { TF_ATTR_SHAPE, TF_ATTR_TYPE, TF_BFLOAT16, TF_FLOAT, TF_INT32, TF_STRING } from './dtypes.js'
import { type LoweredFunction, loweredFunction } from './lowered.js'
import { check, native, type Pointer, theStatus } from './native.js'
import { nativeGraph, type Output, outputList, trueAttribute } from './nativeGraph.js'
import { opDef } from './opDefs.js'
import { type Precision, products, usesTensorFloat32 } from './precision.js'
import { hostTensor, type Metadata, readHandle, type Values } from './tensors.js'
import { uniformValue } from './uniform.js'

/** A tensor with values on a device. `handle` turns 0n when it is disposed of. */
export interface Eager {
  handle: Pointer
  shape: readonly number[]
  dtype: number
}

/** A tensor that is an output of a node. `values` is there when it is a constant. */
export interface Symbolic extends Metadata {
  recording: Recording
  output: Output
  values?: Values
}

const bakedIntegers = 32

export class Recording {
  /** Whether XLA will compile it, rather than TensorFlow run its graph. */
  readonly usesXla: boolean
  readonly #context: Pointer
  #precision: Precision
  readonly #graph = nativeGraph().newGraph()
  readonly #parameters: Output[] = []
  readonly #captured = new Map<Eager, Symbolic>()
  readonly #constants = new Map<string, Symbolic>()
  readonly #casts = new Map<string, Symbolic>()
  readonly #functions = new Set<LoweredFunction>()
  #nodes = 0

  constructor({ usesXla, precision, context }: { usesXla: boolean; precision: Precision; context: Pointer }) {
    this.#context = context
    this.usesXla = usesXla
    this.#precision = precision
  }

  /** Tensors from outside that the function used, in the order of the inputs after the arguments. */
  get captured(): Eager[] {
    return [...this.#captured.keys()]
  }

  get precision(): Precision {
    return this.#precision
  }

  /** Runs a part of the function with a precision of its own. */
  within<T>(precision: Precision | undefined, part: () => T): T {
    const outer = this.#precision
    this.#precision = precision ?? outer
    try {
      return part()
    } finally {
      this.#precision = outer
    }
  }

  get nodes(): number {
    return this.#nodes
  }

  /** A new input. */
  parameter(shape: readonly number[], dtype: number): Symbolic {
    const [input] = this.#node('Placeholder', [
      { name: 'dtype', type: TF_ATTR_TYPE, value: dtype },
      { name: 'shape', type: TF_ATTR_SHAPE, value: shape },
    ])
    this.#parameters.push(input!.output)
    return input!
  }

  /** A constant; a large one with all elements equal becomes a fill. */
  constant(shape: readonly number[], dtype: number, values: Values): Symbolic {
    const fill = uniformValue(dtype, values)
    if (fill !== undefined) {
      const [filled] = this.#node(
        'Fill',
        [],
        [this.constant([shape.length], TF_INT32, shape as number[]), this.constant([], dtype, [fill])],
      )
      return { ...filled!, values }
    }
    const key =
      values.length <= 16 && dtype !== TF_STRING ? `${dtype}:${shape}:${Array.from(values as number[])}` : undefined
    const known = key === undefined ? undefined : this.#constants.get(key)
    if (known) return known
    const tensor = hostTensor(shape, dtype, values)
    try {
      const [made] = this.#node('Const', [{ name: 'dtype', type: TF_ATTR_TYPE, value: dtype }], [], 1, node => {
        nativeGraph().setTensor(node, 'value', tensor, theStatus())
        check('A constant')
      })
      const constant = { ...made!, values }
      if (key !== undefined) this.#constants.set(key, constant)
      return constant
    } finally {
      native().deleteTensor(tensor)
    }
  }

  /** A tensor from outside: an input of its own, or a constant when it is a few integers (axes, shapes, a key). */
  capture(tensor: Eager): Symbolic {
    let symbolic = this.#captured.get(tensor)
    if (symbolic) return symbolic
    if (tensor.dtype === TF_INT32 && tensor.shape.reduce((n, d) => n * d, 1) <= bakedIntegers)
      return this.constant(tensor.shape, tensor.dtype, readHandle(tensor.handle) as Int32Array)
    symbolic = this.parameter(tensor.shape, tensor.dtype)
    this.#captured.set(tensor, symbolic)
    return symbolic
  }

  /**
   * Adds an operation.
   * @throws Error when it keeps hidden state, when TensorFlow refuses it, or when a shape depends on values
   */
  operation(name: string, attributes: readonly Attribute[], inputs: readonly Symbolic[], outputs: number): Symbolic[] {
    if (opDef(this.#graph, name).isStateful)
      throw new Error(
        `${name} keeps hidden state, which jit cannot record. For random numbers use randomNormal or randomUniform ` +
          'with a key; otherwise call this part outside jit.',
      )
    if (this.#precision === 'bfloat16' && products.has(name)) return this.#inBfloat16(name, attributes, inputs, outputs)
    const called = this.usesXla ? loweredFunction(name, inputs[0]?.dtype ?? 0) : undefined
    if (called) return [this.#call(called, inputs[0]!)]
    return this.#node(name, attributes, inputs, outputs)
  }

  /** The operation on bfloat16 copies of its inputs, its results widened again. */
  #inBfloat16(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Symbolic[],
    outputs: number,
  ): Symbolic[] {
    const narrowed = inputs.map(input => (input.dtype === TF_FLOAT ? this.#cast(input, TF_BFLOAT16) : input))
    const types = attributes.map(attribute =>
      attribute.type === TF_ATTR_TYPE && attribute.value === TF_FLOAT
        ? { ...attribute, value: TF_BFLOAT16 }
        : attribute,
    )
    return this.#node(name, types, narrowed, outputs).map(result =>
      result.dtype === TF_BFLOAT16 ? this.#cast(result, TF_FLOAT) : result,
    )
  }

  /** A tensor's copy of another type; one for all who ask. */
  #cast(tensor: Symbolic, dtype: number): Symbolic {
    const key = `${tensor.output.oper}:${tensor.output.index}:${dtype}`
    let copy = this.#casts.get(key)
    if (!copy) {
      copy = this.#node('Cast', castAttributes(tensor.dtype, dtype), [tensor])[0]!
      this.#casts.set(key, copy)
    }
    return copy
  }

  /** A call of a function whose result is like its input. */
  #call(called: LoweredFunction, input: Symbolic): Symbolic {
    const c = nativeGraph()
    if (!this.#functions.has(called)) {
      c.copyFunction(this.#graph, called.pointer, null, theStatus())
      check(called.name)
      this.#functions.add(called)
    }
    const node = c.newOperation(this.#graph, called.name, `${called.name}_${this.#nodes++}`)
    c.addInput(node, input.output)
    const output = { oper: c.finishOperation(node, theStatus()), index: 0 }
    check(called.name)
    const { shape, dtype } = input
    c.setShape(
      this.#graph,
      output,
      BigInt64Array.from(shape.length > 0 ? shape : [0], BigInt),
      shape.length,
      theStatus(),
    )
    check(called.name)
    return { recording: this, output, shape: [...shape], dtype }
  }

  #node(
    type: string,
    attributes: readonly Attribute[],
    inputs: readonly Symbolic[] = [],
    outputs = 1,
    prepare?: (node: Pointer) => void,
  ): Symbolic[] {
    const c = nativeGraph()
    const node = c.newOperation(this.#graph, type, `${type}_${this.#nodes++}`)
    for (const attribute of attributes) setAttribute(c.attributes, node, attribute)
    prepare?.(node)
    this.#addInputs(node, type, attributes, inputs)
    const oper = c.finishOperation(node, theStatus())
    check(type)
    return Array.from({ length: outputs }, (_, index) => {
      const output = { oper, index }
      return { recording: this, output, shape: this.#shape(type, output), dtype: c.outputType(output) }
    })
  }

  #addInputs(node: Pointer, type: string, attributes: readonly Attribute[], inputs: readonly Symbolic[]): void {
    const c = nativeGraph()
    const definition = opDef(this.#graph, type)
    const lists = definition.inputs.filter(list => list !== undefined).length
    const perList = (inputs.length - (definition.inputs.length - lists)) / lists
    let at = 0
    for (const list of definition.inputs) {
      if (list === undefined) {
        const input = inputs[at++]
        if (!input) throw new Error(`${type} wants more than the ${inputs.length} inputs it was given.`)
        c.addInput(node, input.output)
      } else {
        const stated = attributes.find(attribute => attribute.name === list)?.value
        const length = Array.isArray(stated)
          ? stated.length
          : lists > 1 && typeof stated === 'number'
            ? stated
            : perList
        const part = inputs.slice(at, at + length)
        c.addInputList(node, outputList(part.map(input => input.output)), part.length)
        at += length
      }
    }
    if (at !== inputs.length) throw new Error(`${type} takes ${at} inputs, but was given ${inputs.length}.`)
  }

  #shape(type: string, output: Output): number[] {
    const c = nativeGraph()
    const rank = c.outputRank(this.#graph, output, theStatus())
    check(type)
    const dims = new BigInt64Array(Math.max(rank, 1))
    if (rank > 0) c.outputShape(this.#graph, output, dims, rank, theStatus())
    const shape = Array.from(dims.subarray(0, Math.max(rank, 0)), Number)
    if (rank < 0 || shape.includes(-1))
      throw new Error(
        `The shape of ${type}'s result depends on its values (${rank < 0 ? 'unknown' : `[${shape}]`}), so jit cannot ` +
          'record it. Call this part outside jit.',
      )
    return shape
  }

  /**
   * Makes the graph a function of the eager context. XLA compiles it at its first call.
   *
   * @returns the function's name, which ends in a hash of the graph: the same function has the same name in the next
   *   process, where XLA's cache on disk looks for it
   */
  finish(label: string, outputs: readonly Symbolic[]): string {
    const c = nativeGraph()
    // A function may not hand an input or one output twice straight through: give every result a node of its own.
    const results = outputs.map(output => this.#node('Identity', [], [output])[0]!.output)
    // XLA compiles for TF32 or not, which the graph does not say.
    const way = this.usesXla ? (usesTensorFloat32() ? 'xla' : 'xla_exact') : 'graph'
    const appendHash = 1
    const fn = c.graphToFunction(
      this.#graph,
      `${label.replace(/\W/g, '_')}_${way}`,
      appendHash,
      -1,
      null,
      this.#parameters.length,
      outputList(this.#parameters),
      results.length,
      outputList(results),
      null,
      null,
      null,
      theStatus(),
    )
    check(label)
    try {
      if (this.usesXla) {
        c.setFunctionAttribute(fn, '_XlaMustCompile', trueAttribute, trueAttribute.length, theStatus())
        check(label)
      }
      c.addFunction(this.#context, fn, theStatus())
      check(label)
      return c.functionName(fn)
    } finally {
      c.deleteFunction(fn)
    }
  }

  dispose(): void {
    nativeGraph().deleteGraph(this.#graph)
  }
}
