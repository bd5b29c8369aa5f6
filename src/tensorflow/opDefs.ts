/** What a graph must know of an operation before using it: which inputs are lists, and whether it has hidden state. */
import koffi from 'koffi'
import { check, native, type Pointer, theStatus } from './native.js'
import { nativeGraph } from './nativeGraph.js'

export interface OpDef {
  /** One for each input: for a list, the attribute that holds its length or its types; else undefined. */
  inputs: (string | undefined)[]
  isStateful: boolean
}

const known = new Map<string, OpDef>()
const buffer = koffi.struct({ data: 'void *', length: 'size_t', free: 'void *' })

/** @throws Error when TensorFlow has no operation of that name */
export function opDef(graph: Pointer, name: string): OpDef {
  let found = known.get(name)
  if (!found) {
    const tensorflow = native()
    const proto = tensorflow.newBuffer()
    nativeGraph().getOpDef(graph, name, proto, theStatus())
    try {
      check(name)
      const { data, length } = koffi.decode(proto, buffer)
      const bytes = new Uint8Array(Number(length))
      tensorflow.memcpyOut(bytes, data, bytes.length)
      found = parse(bytes)
    } finally {
      tensorflow.deleteBuffer(proto)
    }
    known.set(name, found)
  }
  return found
}

// Field numbers of tensorflow.OpDef and OpDef.ArgDef (op_def.proto).
const INPUT_ARG = 2
const IS_STATEFUL = 17
const NUMBER_ATTR = 5
const TYPE_LIST_ATTR = 6

function parse(bytes: Uint8Array): OpDef {
  const definition: OpDef = { inputs: [], isStateful: false }
  for (const { field, value } of fields(bytes)) {
    if (field === INPUT_ARG && value instanceof Uint8Array) {
      const list = [...fields(value)].find(part => part.field === NUMBER_ATTR || part.field === TYPE_LIST_ATTR)
      definition.inputs.push(list?.value instanceof Uint8Array ? new TextDecoder().decode(list.value) : undefined)
    } else if (field === IS_STATEFUL) definition.isStateful = value === 1
  }
  return definition
}

/** The fields of a protocol buffer: numbers, and byte strings for everything with a length. */
function* fields(bytes: Uint8Array): Generator<{ field: number; value: number | Uint8Array }> {
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = tag >>> 3
    const kind = tag & 7
    if (kind === 0) yield { field, value: varint() }
    else if (kind === 2) {
      const length = varint()
      yield { field, value: bytes.subarray(at, at + length) }
      at += length
    } else at += kind === 1 ? 8 : 4
  }
}
