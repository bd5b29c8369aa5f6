// Completion, inspection, and whether a cell is complete: what the language thread knows, in Jupyter's words.
import { inspectionBundle } from '../inspection.js'
import { toCodePoints, toUtf16 } from '../protocol/cursor.js'
import { optional, required } from '../protocol/fields.js'
import type { Json } from '../protocol/message.js'
import type { Handler } from './index.js'

export const complete: Handler = async ({ content }, { language }) => {
  const { code, cursor } = codeAndCursor(content)
  const { start, end, matches } = await language.complete(code, cursor)
  const range = { cursor_start: toCodePoints(code, start), cursor_end: toCodePoints(code, end) }
  const { cursor_start, cursor_end } = range
  const types = matches.map(({ text, kind: type, signature }) => {
    return { start: cursor_start, end: cursor_end, text, type, ...(signature ? { signature } : {}) }
  })
  const texts = matches.map(({ text }) => text)
  return { status: 'ok', matches: texts, ...range, metadata: { _jupyter_types_experimental: types } }
}

export const inspect: Handler = async ({ content }, { language }) => {
  const { code, cursor } = codeAndCursor(content)
  const inspection = await language.inspect(code, cursor)
  const data = inspection ? inspectionBundle(inspection) : {}
  return { status: 'ok', found: inspection !== undefined, data, metadata: {} }
}

export const isComplete: Handler = async ({ content }, { language }) => ({
  ...(await language.isComplete(codeAndCursor(content).code)),
})

/** @returns the cursor in UTF-16 units; without one it is at the end */
function codeAndCursor(content: Json): { code: string; cursor: number } {
  const code = required.string(content, 'code')
  return { code, cursor: toUtf16(code, optional.number(content, 'cursor_pos') ?? code.length) }
}
