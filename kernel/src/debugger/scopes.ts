// The variables that a function of a cell sees, in JupyterLab's order: its own, those around it, all cells'.
import type { Debugger } from 'node:inspector'
import type { DebugProtocol as DAP } from '@vscode/debugprotocol'
import type { Cells } from './cells.js'
import type { Target } from './target.js'

/**
 * @param isOwn whether a name among the cells' variables is the user's
 * @throws Error when the frame is of an earlier stop
 */
export function cellScopes(
  target: Target,
  frameId: unknown,
  cells: Cells,
  isOwn: (name: string) => boolean,
): DAP.Scope[] {
  const { variables, globals } = target
  const frame = target.frame(frameId)
  if (!frame) throw new Error(`there is no stack frame ${String(frameId)}: it is of an earlier stop`)
  const words = new Set(cells.source(frame.cell.path)?.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu))
  const outside = frame.scopes.findIndex(({ type }) => type === 'closure' || type === 'script' || type === 'global')
  const inner = frame.scopes.slice(0, outside)
  const around = frame.scopes.slice(outside).filter(({ type }) => type === 'closure' || type === 'block')

  /** What the cell's text does not name is the conversion's. Of two with one name the inner one is meant. */
  async function list(scopes: Debugger.Scope[]): Promise<DAP.Variable[]> {
    const all = await Promise.all(
      scopes.map(({ object }) => variables.members(object.objectId!, name => words.has(name))),
    )
    return [
      ...new Map(
        all
          .flat()
          .reverse()
          .map(variable => [variable.name, variable]),
      ).values(),
    ].reverse()
  }

  async function locals(): Promise<DAP.Variable[]> {
    let own = await list(inner)
    if (frame!.isOutermost) {
      // What a cell assigns goes to the notebook's variables; the running code's own stay behind.
      const current = new Map((await globals(isOwn)).map(variable => [variable.name, variable]))
      own = own.map(variable => current.get(variable.name) ?? variable)
    }
    return frame!.self.type === 'undefined' ? own : [await variables.describe('this', frame!.self), ...own]
  }

  const scope = (name: string, read: () => Promise<DAP.Variable[]>): DAP.Scope => ({
    name,
    variablesReference: variables.refer(read),
    expensive: false,
  })
  return [
    { ...scope('Locals', locals), presentationHint: 'locals' },
    ...(around.length > 0 ? [scope('Closure', () => list(around))] : []),
    scope('Globals', () => globals(isOwn)),
  ]
}
