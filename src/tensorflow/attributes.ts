/** An operation's attributes, as TF.js's kernels give them: a name, TensorFlow's kind number and a value. */
import { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } from './dtypes.js'
import { type attributeSetters, check, type Pointer, theStatus } from './native.js'

export interface Attribute {
  name: string
  /** One of the TF_ATTR_ numbers. */
  type: number
  value: boolean | number | string | object
}

/** Of a Cast from one of TensorFlow's data types to another. */
export const castAttributes = (from: number, to: number): Attribute[] => [
  { name: 'SrcT', type: TF_ATTR_TYPE, value: from },
  { name: 'DstT', type: TF_ATTR_TYPE, value: to },
]

type Setters = ReturnType<typeof attributeSetters>
type Set = (set: Setters, op: Pointer, name: string, value: unknown) => void
type SetList = (set: Setters, op: Pointer, name: string, values: readonly unknown[]) => void

const one: Record<number, Set | undefined> = {
  [TF_ATTR_STRING](set, op, name, value) {
    const bytes = new TextEncoder().encode(String(value ?? ''))
    // A zero-length view may carry a null address, which TensorFlow does not accept: give it one byte to point at.
    set.string(op, name, bytes.length > 0 ? bytes : new Uint8Array(1), bytes.length)
  },
  [TF_ATTR_INT]: (set, op, name, value) => set.int(op, name, Number(value)),
  [TF_ATTR_FLOAT]: (set, op, name, value) => set.float(op, name, Number(value)),
  [TF_ATTR_BOOL]: (set, op, name, value) => set.bool(op, name, value ? 1 : 0),
  [TF_ATTR_TYPE]: (set, op, name, value) => set.type(op, name, Number(value)),
  [TF_ATTR_SHAPE](set, op, name, value) {
    // No shape at all means any shape, which TensorFlow writes as rank −1.
    const shape = value as readonly number[] | null | undefined
    const dims = shape && shape.length > 0 ? BigInt64Array.from(shape, BigInt) : null
    set.shape(op, name, dims, shape ? shape.length : -1, theStatus())
    check(`Attribute ${name}`)
  },
}

const many: Record<number, SetList | undefined> = {
  [TF_ATTR_INT](set, op, name, values) {
    const numbers = BigInt64Array.from(values, value => BigInt(Number(value)))
    set.intList(op, name, numbers, values.length)
  },
  [TF_ATTR_FLOAT]: (set, op, name, values) => set.floatList(op, name, Float32Array.from(values, Number), values.length),
  [TF_ATTR_BOOL](set, op, name, values) {
    const bytes = Uint8Array.from(values, value => (value ? 1 : 0))
    set.boolList(op, name, bytes, values.length)
  },
  [TF_ATTR_TYPE]: (set, op, name, values) => set.typeList(op, name, Int32Array.from(values, Number), values.length),
  [TF_ATTR_STRING](set, op, name, values) {
    const texts = values.map(String)
    const lengths = BigUint64Array.from(texts, text => BigInt(Buffer.byteLength(text)))
    set.stringList(op, name, texts, lengths, texts.length)
  },
}

function setShapes(set: Setters, op: Pointer, name: string, shapes: readonly (readonly number[])[]): void {
  // An empty array has no address to give, and none is read of a shape without dimensions.
  const dims = shapes.map(shape => BigInt64Array.from(shape.length > 0 ? shape : [0], BigInt))
  set.shapeList(
    op,
    name,
    dims,
    Int32Array.from(shapes, shape => shape.length),
    shapes.length,
    theStatus(),
  )
  check(`Attribute ${name}`)
}

/** Sets one attribute on an eager operation or on a graph node, whichever `set` is for. */
export function setAttribute(set: Setters, op: Pointer, { name, type, value }: Attribute): void {
  const isShapes = type === TF_ATTR_SHAPE && Array.isArray(value) && Array.isArray(value[0])
  const isList = Array.isArray(value) && type !== TF_ATTR_SHAPE
  if (isShapes) setShapes(set, op, name, value)
  else if (isList && many[type]) many[type](set, op, name, value)
  else if (!isList && one[type]) one[type](set, op, name, value)
  else throw new Error(`Attribute ${name} has kind ${type}, which cannot be set from JavaScript.`)
}
