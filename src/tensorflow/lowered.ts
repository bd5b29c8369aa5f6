/**
 * Operations that XLA is told of once for each shape. TensorFlow translates most operations for XLA in some 0.02 ms, but these
 * through MLIR, in 5 ms each time that one occurs: seconds for a large network, in every process. A function that is not
 * put in line is translated once for each shape and then called; XLA itself puts it in line, and compiles the same.
 */
import { context } from './context.js'
import { check, type Pointer, theStatus } from './native.js'
import { nativeGraph, outputList, trueAttribute } from './nativeGraph.js'
import { shared } from './shared.js'

/** Of one input, and of one result that has its shape and data type. */
export const lowered: ReadonlySet<string> = new Set([
  'Acosh',
  'Asinh',
  'Atanh',
  'Cos',
  'Cosh',
  'Exp',
  'Expm1',
  'Log1p',
  'LogSoftmax',
  'Reciprocal',
  'Relu',
  'Rsqrt',
  'Sigmoid',
  'Sinh',
  'Softmax',
  'Sqrt',
  'Tanh',
])

/** A function of the eager context that does one operation, to be copied into graphs that call it. */
export interface LoweredFunction {
  name: string
  pointer: Pointer
}

/** The function that does an operation on numbers of a data type; undefined where the operation itself costs nothing. */
export function loweredFunction(operation: string, dtype: number): LoweredFunction | undefined {
  if (!lowered.has(operation)) return undefined
  return shared(`lowered ${operation} ${dtype}`, () => makeFunction(operation, dtype))
}

function makeFunction(operation: string, dtype: number): LoweredFunction {
  const c = nativeGraph()
  const graph = c.newGraph()
  try {
    const parameter = c.newOperation(graph, 'Placeholder', 'x')
    c.attributes.type(parameter, 'dtype', dtype)
    const input = { oper: finish(parameter), index: 0 }
    const node = c.newOperation(graph, operation, operation)
    c.addInput(node, input)
    const output = { oper: finish(node), index: 0 }
    const name = `${operation}_of_${dtype}`
    const [inputs, outputs] = [outputList([input]), outputList([output])]
    const pointer = c.graphToFunction(graph, name, 0, -1, null, 1, inputs, 1, outputs, null, null, null, theStatus())
    check(operation)
    c.setFunctionAttribute(pointer, '_noinline', trueAttribute, trueAttribute.length, theStatus())
    check(operation)
    c.addFunction(context().pointer, pointer, theStatus())
    check(operation)
    return { name, pointer }
  } finally {
    c.deleteGraph(graph)
  }

  function finish(node: Pointer): Pointer {
    const made = c.finishOperation(node, theStatus())
    check(operation)
    return made
  }
}
