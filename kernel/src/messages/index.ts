// What the kernel answers to each type of message, execute_request apart (cells.ts). A handler returns the content
// of the reply, or nothing where the protocol has none; an error that it throws becomes the reply. None of them
// waits for a running cell.
import type { Cells } from '../cells.js'
import type { Debugger } from '../debugger/index.js'
import type { Runner } from '../execution/runner.js'
import type { History } from '../history.js'
import { kernelInfo } from '../info.js'
import type { Language } from '../language/index.js'
import type { Connection } from '../protocol/connection.js'
import type { Json, Message } from '../protocol/message.js'
import type { Subshells } from '../subshells.js'
import { commInfo, receiveComm } from './comms.js'
import { debug } from './debug.js'
import { complete, inspect, isComplete } from './language.js'
import { createSubshell, deleteSubshell, listSubshells } from './subshells.js'

/** The parts of the kernel that handlers work with. */
export interface Parts {
  language: Language
  history: History
  cells: Cells
  runner: Runner
  subshells: Subshells
  debug: Debugger
  connection: Connection
  /** Stops what runs; variables are kept. */
  interrupt(): void
}

export type Handler = (message: Message, parts: Parts) => Json | undefined | Promise<Json | undefined>

export const handlers: Readonly<Record<string, Handler>> = {
  kernel_info_request: () => ({ status: 'ok', ...kernelInfo }),
  connect_request(_message, { connection }) {
    const { shell_port, iopub_port, stdin_port, control_port, hb_port } = connection
    return { status: 'ok', shell_port, iopub_port, stdin_port, control_port, hb_port }
  },
  complete_request: complete,
  inspect_request: inspect,
  is_complete_request: isComplete,
  history_request: ({ content }, { history }) => ({ status: 'ok', history: history.answer(content) }),
  comm_info_request: commInfo,
  comm_open: receiveComm,
  comm_msg: receiveComm,
  comm_close: receiveComm,
  debug_request: debug,
  interrupt_request(_message, { interrupt }) {
    interrupt()
    return { status: 'ok' }
  },
  shutdown_request: ({ content }) => ({ status: 'ok', restart: content.restart === true }),
  create_subshell_request: createSubshell,
  delete_subshell_request: deleteSubshell,
  list_subshell_request: listSubshells,
}
