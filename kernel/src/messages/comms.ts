// Comm messages from the page go to the execution process, past the cells: a cell that awaits hears them. While a cell
// never yields they wait in the pipe, in order.
import type { CommType } from '../execution/protocol.js'
import { optional, required } from '../protocol/fields.js'
import type { Handler } from './index.js'

export const receiveComm: Handler = async ({ header, content, metadata, buffers }, { runner }) => {
  const type = header.msg_type as CommType
  required.string(content, 'comm_id')
  if (type === 'comm_open') required.string(content, 'target_name')
  await runner.ask({ kind: 'comm', parent: header, type, content, metadata }, buffers)
  return undefined
}

export const commInfo: Handler = ({ content }, { runner }) => {
  const wanted = optional.string(content, 'target_name')
  const listed = [...runner.comms].filter(([, target]) => wanted === undefined || target === wanted)
  return { status: 'ok', comms: Object.fromEntries(listed.map(([id, target]) => [id, { target_name: target }])) }
}
