// Subshells (JEP 91): further queues of cells beside the main one. JupyterLab makes one for each target of comms.
import { required } from '../protocol/fields.js'
import type { Handler } from './index.js'

export const createSubshell: Handler = (_message, { subshells }) => ({
  status: 'ok',
  subshell_id: subshells.create(),
})

/** A cell that runs there goes on; those that wait are aborted. */
export const deleteSubshell: Handler = ({ content }, { subshells, cells }) => {
  const id = required.string(content, 'subshell_id')
  subshells.delete(id)
  cells.abort(id)
  return { status: 'ok' }
}

export const listSubshells: Handler = (_message, { subshells }) => ({ status: 'ok', subshell_id: subshells.list() })
