// Questions to the user: `await input('…')` in a cell. The kernel puts them on Jupyter's stdin channel; meanwhile the
// event loop runs on.
import { emit } from './link.js'
import type { Answer } from './protocol.js'
import { currentScope } from './scope.js'

export interface InputOptions {
  /** Hides what is typed. */
  password?: boolean
}

const waiting = new Map<number, { resolve(text: string): void; reject(reason: unknown): void }>()
let questions = 0

/**
 * Asks the user for a line of text.
 * @throws Error when the front end takes no input or the cell is over; the signal's reason when it is interrupted
 */
export async function input(prompt = '', { password = false }: InputOptions = {}): Promise<string> {
  const { parent, interruption } = currentScope()
  const { signal } = interruption
  signal.throwIfAborted()
  const question = ++questions
  const answered = new Promise<string>((resolve, reject) => waiting.set(question, { resolve, reject }))
  const cancel = () => waiting.get(question)?.reject(signal.reason)
  signal.addEventListener('abort', cancel)
  emit({ kind: 'question', parent, question, prompt: String(prompt), password })
  try {
    return await answered
  } finally {
    waiting.delete(question)
    signal.removeEventListener('abort', cancel)
  }
}

export function receiveAnswer(answer: Answer): void {
  const asked = waiting.get(answer.question)
  if ('text' in answer) asked?.resolve(answer.text)
  else asked?.reject(new Error(answer.refusal))
}
