// The stdin channel: a cell's questions go to the front end that runs it, one at a time, as to one person at one
// keyboard.
import type { Incoming } from './cells.js'
import type { Asked } from './execution/runner.js'
import type { Json, Message } from './protocol/message.js'

export interface Stdin {
  /** @param cell that asks; undefined when it is over */
  ask(cell: Incoming | undefined, asked: Asked): void
  /** Takes an input_reply. */
  receive(message: Message): void
  /** Takes back what a cell still asks when it is over. */
  forget(cell: Incoming): void
}

/** @param send sends a message on the stdin channel to the front end that a request came from; gives its id */
export function createStdin(send: (to: Incoming, type: string, content: Json) => string): Stdin {
  let open: { cell: Incoming; asked: Asked }[] = []
  /** Of the input_request that is out: for the first of the open questions. */
  let id = ''

  function put(): void {
    const [first] = open
    if (!first) return
    const { prompt, password } = first.asked
    id = send(first.cell, 'input_request', { prompt, password })
  }

  return {
    ask(cell, asked) {
      if (!cell) return asked.answer({ refusal: 'input: the cell that asks has ended; ask while it runs' })
      if (cell.message.content.allow_stdin !== true) {
        const refusal = 'input: this front end takes no input (allow_stdin is false); write the value in the cell'
        return asked.answer({ refusal })
      }
      open.push({ cell, asked })
      if (open.length === 1) put()
    },
    receive({ parent, content }) {
      // Some front ends leave the parent header out; one that is there must be of this question, not of an older one.
      if (open.length === 0 || (parent.msg_id !== undefined && parent.msg_id !== id)) return
      open.shift()!.asked.answer({ text: String(content.value ?? '') })
      put()
    },
    forget(cell) {
      const [first] = open
      open = open.filter(question => question.cell !== cell)
      if (open[0] !== first) put()
    },
  }
}
