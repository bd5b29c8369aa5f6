// debug_request carries a message of the Debug Adapter Protocol, and its reply the answer; see debugger/.
import { required } from '../protocol/fields.js'
import type { Handler } from './index.js'

export const debug: Handler = ({ header, content }, { debug }) => {
  required.string(content, 'command')
  return debug.answer(content, header)
}
