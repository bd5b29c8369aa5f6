/** The C functions that build a graph and turn it into a function of the eager context. */
import koffi from 'koffi'
import { attributeSetters, native, type Pointer } from './native.js'
import { shared } from './shared.js'

/** One output of a graph's node (TF_Output). */
export interface Output {
  oper: Pointer
  index: number
}

function declare() {
  const { library } = native()
  const c = <F>(definition: string) => library.func(definition) as unknown as F
  const output = koffi.struct({ oper: 'void *', index: 'int' })
  const withOutput = <F>(name: string, result: string, parameters: (string | typeof output)[]) =>
    library.func(name, result, parameters) as unknown as F
  return {
    newGraph: c<() => Pointer>('void *TF_NewGraph()'),
    deleteGraph: c<(graph: Pointer) => void>('void TF_DeleteGraph(void *graph)'),
    getOpDef: c<(graph: Pointer, name: string, buffer: Pointer, status: Pointer) => void>(
      'void TF_GraphGetOpDef(void *graph, const char *name, void *buffer, void *status)',
    ),
    newOperation: c<(graph: Pointer, type: string, name: string) => Pointer>(
      'void *TF_NewOperation(void *graph, const char *type, const char *name)',
    ),
    finishOperation: c<(node: Pointer, status: Pointer) => Pointer>(
      'void *TF_FinishOperation(void *node, void *status)',
    ),
    setTensor: c<(node: Pointer, name: string, tensor: Pointer, status: Pointer) => void>(
      'void TF_SetAttrTensor(void *node, const char *name, void *tensor, void *status)',
    ),
    addInput: withOutput<(node: Pointer, input: Output) => void>('TF_AddInput', 'void', ['void *', output]),
    addInputList: c<(node: Pointer, inputs: BigUint64Array, n: number) => void>(
      'void TF_AddInputList(void *node, const void *inputs, int n)',
    ),
    outputType: withOutput<(output: Output) => number>('TF_OperationOutputType', 'int', [output]),
    outputRank: withOutput<(graph: Pointer, output: Output, status: Pointer) => number>(
      'TF_GraphGetTensorNumDims',
      'int',
      ['void *', output, 'void *'],
    ),
    outputShape: withOutput<
      (graph: Pointer, output: Output, dims: BigInt64Array, rank: number, status: Pointer) => void
    >('TF_GraphGetTensorShape', 'void', ['void *', output, 'void *', 'int', 'void *']),
    setShape: withOutput<(graph: Pointer, output: Output, dims: BigInt64Array, rank: number, status: Pointer) => void>(
      'TF_GraphSetTensorShape',
      'void',
      ['void *', output, 'void *', 'int', 'void *'],
    ),
    copyFunction: c<(graph: Pointer, fn: Pointer, gradient: null, status: Pointer) => void>(
      'void TF_GraphCopyFunction(void *graph, void *fn, void *gradient, void *status)',
    ),
    graphToFunction: c<
      (
        graph: Pointer,
        name: string,
        appendHash: number,
        nodes: number,
        nodeList: null,
        inputs: number,
        inputList: BigUint64Array,
        outputs: number,
        outputList: BigUint64Array,
        names: null,
        options: null,
        description: null,
        status: Pointer,
      ) => Pointer
    >(
      'void *TF_GraphToFunction(void *graph, const char *name, uint8_t appendHash, int nodes, void *nodeList, ' +
        'int inputs, const void *inputList, int outputs, const void *outputList, void *names, void *options, ' +
        'void *description, void *status)',
    ),
    setFunctionAttribute: c<(fn: Pointer, name: string, value: Uint8Array, length: number, status: Pointer) => void>(
      'void TF_FunctionSetAttrValueProto(void *fn, const char *name, const void *value, size_t length, void *status)',
    ),
    functionName: c<(fn: Pointer) => string>('const char *TF_FunctionName(void *fn)'),
    deleteFunction: c<(fn: Pointer) => void>('void TF_DeleteFunction(void *fn)'),
    addFunction: c<(context: Pointer, fn: Pointer, status: Pointer) => void>(
      'void TFE_ContextAddFunction(void *context, void *fn, void *status)',
    ),
    removeFunction: c<(context: Pointer, name: string, status: Pointer) => void>(
      'void TFE_ContextRemoveFunction(void *context, const char *name, void *status)',
    ),
    attributes: attributeSetters(library.func.bind(library), 'TF_SetAttr'),
  }
}

export type NativeGraph = ReturnType<typeof declare>

export const nativeGraph = (): NativeGraph => shared('graph', declare)

/** AttrValue { b (field 5): true } */
export const trueAttribute = Uint8Array.from([(5 << 3) | 0, 1])

/** TF_Output[] as C lays it out: a pointer and an int, sixteen bytes each. */
export function outputList(outputs: readonly Output[]): BigUint64Array {
  const words = new BigUint64Array(Math.max(1, outputs.length) * 2)
  outputs.forEach((output, i) => {
    words[2 * i] = output.oper
    words[2 * i + 1] = BigInt(output.index)
  })
  return words
}
