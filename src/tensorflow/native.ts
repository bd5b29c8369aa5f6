/** The C functions used here, with TypeScript signatures, and the one eager context. Opened at the first call. */
import koffi from 'koffi'
import { openLibrary } from './library.js'
import { shared } from './shared.js'

/** A C pointer. */
export type Pointer = bigint
type Bytes = NodeJS.TypedArray | null

function declare() {
  const library = openLibrary()
  const c = <F>(definition: string) => library.func(definition) as unknown as F
  // The C runtime's memcpy is reachable through the process itself.
  const process = koffi.load(null)
  return {
    memcpyIn: process.func('void *memcpy(void *to, const void *from, size_t n)') as unknown as (
      to: Pointer,
      from: NodeJS.TypedArray,
      n: number,
    ) => void,
    memcpyOut: process.func('void *memcpy(void *to, const void *from, size_t n)') as unknown as (
      to: NodeJS.TypedArray,
      from: Pointer,
      n: number,
    ) => void,

    version: c<() => string>('const char *TF_Version()'),
    newStatus: c<() => Pointer>('void *TF_NewStatus()'),
    deleteStatus: c<(status: Pointer) => void>('void TF_DeleteStatus(void *status)'),
    code: c<(status: Pointer) => number>('int TF_GetCode(void *status)'),
    message: c<(status: Pointer) => string>('const char *TF_Message(void *status)'),
    setStatus: c<(status: Pointer, code: number, message: string) => void>(
      'void TF_SetStatus(void *status, int code, const char *message)',
    ),
    newBuffer: c<() => Pointer>('void *TF_NewBuffer()'),
    deleteBuffer: c<(buffer: Pointer) => void>('void TF_DeleteBuffer(void *buffer)'),

    newContextOptions: c<() => Pointer>('void *TFE_NewContextOptions()'),
    deleteContextOptions: c<(options: Pointer) => void>('void TFE_DeleteContextOptions(void *options)'),
    setConfig: c<(options: Pointer, proto: Uint8Array, length: number, status: Pointer) => void>(
      'void TFE_ContextOptionsSetConfig(void *options, const void *proto, size_t length, void *status)',
    ),
    newContext: c<(options: Pointer, status: Pointer) => Pointer>('void *TFE_NewContext(void *options, void *status)'),
    listDevices: c<(context: Pointer, status: Pointer) => Pointer>(
      'void *TFE_ContextListDevices(void *context, void *status)',
    ),
    deviceCount: c<(list: Pointer) => number>('int TF_DeviceListCount(void *list)'),
    deviceName: c<(list: Pointer, i: number, status: Pointer) => string>(
      'const char *TF_DeviceListName(void *list, int i, void *status)',
    ),
    deviceType: c<(list: Pointer, i: number, status: Pointer) => string>(
      'const char *TF_DeviceListType(void *list, int i, void *status)',
    ),
    deleteDeviceList: c<(list: Pointer) => void>('void TF_DeleteDeviceList(void *list)'),

    allocateTensor: c<(dtype: number, dims: BigInt64Array | null, rank: number, bytes: number) => Pointer>(
      'void *TF_AllocateTensor(int dtype, const void *dims, int rank, size_t bytes)',
    ),
    tensorData: c<(tensor: Pointer) => Pointer>('void *TF_TensorData(void *tensor)'),
    tensorByteSize: c<(tensor: Pointer) => number>('size_t TF_TensorByteSize(void *tensor)'),
    tensorElementCount: c<(tensor: Pointer) => number>('int64_t TF_TensorElementCount(void *tensor)'),
    tensorType: c<(tensor: Pointer) => number>('int TF_TensorType(void *tensor)'),
    deleteTensor: c<(tensor: Pointer) => void>('void TF_DeleteTensor(void *tensor)'),
    stringInit: c<(string: Pointer) => void>('void TF_StringInit(void *string)'),
    stringCopy: c<(string: Pointer, bytes: Bytes, length: number) => void>(
      'void TF_StringCopy(void *string, const void *bytes, size_t length)',
    ),
    stringData: c<(string: Pointer) => Pointer>('void *TF_StringGetDataPointer(void *string)'),
    stringSize: c<(string: Pointer) => number>('size_t TF_StringGetSize(void *string)'),

    newHandle: c<(tensor: Pointer, status: Pointer) => Pointer>(
      'void *TFE_NewTensorHandle(void *tensor, void *status)',
    ),
    deleteHandle: c<(handle: Pointer) => void>('void TFE_DeleteTensorHandle(void *handle)'),
    resolveHandle: c<(handle: Pointer, status: Pointer) => Pointer>(
      'void *TFE_TensorHandleResolve(void *handle, void *status)',
    ),
    copyToDevice: c<(handle: Pointer, context: Pointer, device: string, status: Pointer) => Pointer>(
      'void *TFE_TensorHandleCopyToDevice(void *handle, void *context, const char *device, void *status)',
    ),
    handleType: c<(handle: Pointer) => number>('int TFE_TensorHandleDataType(void *handle)'),
    handleRank: c<(handle: Pointer, status: Pointer) => number>(
      'int TFE_TensorHandleNumDims(void *handle, void *status)',
    ),
    handleDim: c<(handle: Pointer, i: number, status: Pointer) => number>(
      'int64_t TFE_TensorHandleDim(void *handle, int i, void *status)',
    ),

    newOp: c<(context: Pointer, name: string, status: Pointer) => Pointer>(
      'void *TFE_NewOp(void *context, const char *name, void *status)',
    ),
    deleteOp: c<(op: Pointer) => void>('void TFE_DeleteOp(void *op)'),
    setDevice: c<(op: Pointer, device: string, status: Pointer) => void>(
      'void TFE_OpSetDevice(void *op, const char *device, void *status)',
    ),
    addInput: c<(op: Pointer, handle: Pointer, status: Pointer) => void>(
      'void TFE_OpAddInput(void *op, void *handle, void *status)',
    ),
    addInputList: c<(op: Pointer, handles: BigUint64Array, n: number, status: Pointer) => void>(
      'void TFE_OpAddInputList(void *op, const void *handles, int n, void *status)',
    ),
    execute: c<(op: Pointer, outputs: BigUint64Array, count: Int32Array, status: Pointer) => void>(
      'void TFE_Execute(void *op, void *outputs, void *count, void *status)',
    ),
    eagerAttributes: attributeSetters(library.func.bind(library), 'TFE_OpSetAttr'),
    library,
  }
}

/** TensorFlow sets attributes of an eager operation and of a graph node through twin families of functions. */
export function attributeSetters(func: (definition: string) => unknown, prefix: 'TFE_OpSetAttr' | 'TF_SetAttr') {
  type Set<V extends unknown[]> = (op: Pointer, name: string, ...value: V) => void
  const c = <V extends unknown[]>(kind: string, parameters: string) =>
    func(`void ${prefix}${kind}(void *op, const char *name, ${parameters})`) as Set<V>
  return {
    string: c<[Uint8Array, number]>('String', 'const void *value, size_t length'),
    int: c<[number]>('Int', 'int64_t value'),
    float: c<[number]>('Float', 'float value'),
    bool: c<[number]>('Bool', 'uint8_t value'),
    type: c<[number]>('Type', 'int value'),
    intList: c<[BigInt64Array, number]>('IntList', 'const void *values, int n'),
    floatList: c<[Float32Array, number]>('FloatList', 'const void *values, int n'),
    boolList: c<[Uint8Array, number]>('BoolList', 'const void *values, int n'),
    typeList: c<[Int32Array, number]>('TypeList', 'const void *values, int n'),
    stringList: c<[string[], BigUint64Array, number]>('StringList', 'const char **values, const void *lengths, int n'),
    shapeList: c<[BigInt64Array[], Int32Array, number, Pointer]>(
      'ShapeList',
      `const int64_t **dims, const void *ranks, int n${prefix === 'TFE_OpSetAttr' ? ', void *status' : ''}`,
    ),
    shape: c<[BigInt64Array | null, number, Pointer]>(
      'Shape',
      // Only the eager one reports through a status.
      `const void *dims, int rank${prefix === 'TFE_OpSetAttr' ? ', void *status' : ''}`,
    ),
  }
}

export type Native = ReturnType<typeof declare>

/** TensorFlow's C functions; the first call opens the library. */
export const native = (): Native => shared('native', declare)

/** The one status that every C call writes to: Node runs them one after another on one thread. */
export const theStatus = (): Pointer => shared('status', () => native().newStatus())

/** Throws what the last C call complained about, with the operation's name in front. Clears the status. */
export function check(what: string): void {
  const tensorflow = native()
  if (tensorflow.code(theStatus()) === 0) return
  const message = tensorflow.message(theStatus())
  tensorflow.setStatus(theStatus(), 0, '')
  throw new Error(`${what}: ${message}`)
}
