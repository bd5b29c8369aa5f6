// What a user types into the debugger as an expression of JavaScript.

/** Where the execution process keeps the variables of the cells. */
export const CELL_VARIABLES = "globalThis[Symbol.for('adt.variables')]"

/**
 * @param javascript an expression or statements, of which the last one's value counts
 * @param names variables that the running code knows by a value of their own, which is an old one: the cells' counts
 */
export function toExpression(javascript: string, names: string[]): string {
  const run = `eval(${JSON.stringify(javascript)})`
  if (names.length === 0) return run
  const kept = (name: string) => `${CELL_VARIABLES}.${name}`
  const keep = names.map(name => `if (${name} !== ${kept(name)}) ${kept(name)} = ${name}`).join('; ')
  return `((${names.join(', ')}) => { try { return ${run} } finally { ${keep} } })(${names.map(kept).join(', ')})`
}
