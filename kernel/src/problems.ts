// Syntax and type errors as a cell's error: each with the line of code that it is in.
import type { Failure } from './execution/protocol.js'
import type { Problem } from './language/index.js'

const RED = '\u001b[31m'
const GREY = '\u001b[90m'
const PLAIN = '\u001b[39m'

export function problemsToFailure(problems: Problem[]): Failure {
  const traceback = problems.map(problem => {
    const { line, character, length, text, code, source, file } = problem
    const place = `${file ? `${file}:` : ''}${line + 1}:${character + 1}`
    const head = `${place} - ${RED}error${PLAIN} TS${code}: ${text}`
    const gutter = `${line + 1} `
    const marks = '~'.repeat(Math.max(1, Math.min(length, source.length - character)))
    const below = ' '.repeat(gutter.length + character)
    return `${head}\n\n${GREY}${gutter}${PLAIN}${source}\n${below}${RED}${marks}${PLAIN}\n`
  })
  const first = problems[0]!
  return { ename: first.code < 2000 ? 'SyntaxError' : 'TypeError', evalue: first.text, traceback }
}
