// Magics: lines at the head of a cell that begin with %, for what TypeScript has no words for. Few, on purpose:
//   %time            tells how long the cell takes; what stands behind it is part of the cell
//   %env NAME=value  sets a variable of the environment; %env NAME prints it; %env prints all names
//   %install name …  installs packages from npm into the notebook's folder, before the cell is checked
export interface Magic {
  name: string
  argument: string
}

const KNOWN = ['time', 'env', 'install']
const LINE = /^([ \t]*%{1,2}(\w*))[ \t]*(.*?)[ \t\r]*$/

export class UnknownMagic extends Error {
  override name = 'UnknownMagic'
}

/** @throws UnknownMagic naming it, and those that there are */
export function magicsOf(code: string): Magic[] {
  return headOf(code).flatMap(line => {
    const [, , name, argument] = LINE.exec(line) ?? []
    if (name === undefined || argument === undefined) return []
    if (!KNOWN.includes(name)) throw new UnknownMagic(`%${name} is no magic here: there are %time, %env and %install`)
    return { name, argument }
  })
}

/** The code with blanks in the place of magics, so that all positions stay. */
export function withoutMagics(code: string): string {
  const head = headOf(code)
  const blanked = head.map(line => {
    const [, mark, name] = LINE.exec(line) ?? []
    if (mark === undefined) return line
    return name === 'time' ? ' '.repeat(mark.length) + line.slice(mark.length) : ' '.repeat(line.length)
  })
  return [...blanked, ...code.split('\n').slice(head.length)].join('\n')
}

/** The lines before the first that is neither empty nor a magic. */
function headOf(code: string): string[] {
  if (!code.trimStart().startsWith('%')) return []
  const lines = code.split('\n')
  const end = lines.findIndex(line => line.trim() !== '' && !LINE.test(line))
  return end < 0 ? lines : lines.slice(0, end)
}
