// Variables as a client asks for them, level by level: each that can be opened has a number, by which its members are
// fetched from the execution process when somebody opens it.
import type { Runtime } from 'node:inspector'
import type { DebugProtocol as DAP } from '@vscode/debugprotocol'
import { bundleOf, type Described, describeMembers, membersOf } from './inside.js'
import type { Post } from './inspector.js'

type List = () => Promise<DAP.Variable[]>

/** Of what is numbered, so many members are listed at once; more come in groups. */
const GROUP_SIZE = 100
/** The inspector keeps the objects of a group until the group is released. */
export const OBJECT_GROUP = 'adt.debugger'

export interface Variables {
  /** @returns a number for a client, by which `list` then answers */
  refer(list: List): number
  /** @throws Error when the number is of an earlier stop */
  list(reference: number): Promise<DAP.Variable[]>
  /** The members of an object in the execution process, those that `accept` takes. */
  members(objectId: string, accept?: (name: string) => boolean): Promise<DAP.Variable[]>
  /** One value, as a variable of a name. */
  describe(name: string, value: Runtime.RemoteObject): Promise<DAP.Variable>
  /** A value as a MIME bundle. */
  bundle(value: Runtime.RemoteObject): Promise<Record<string, unknown>>
  /** Forgets all numbers and lets go of the objects. */
  clear(): void
}

export function createVariables(post: Post): Variables {
  const lists = new Map<number, List>()
  let count = 0

  function refer(list: List): number {
    lists.set(++count, list)
    return count
  }

  async function call<Result>(objectId: string, f: unknown, args: unknown[], returnByValue: boolean): Promise<Result> {
    const { result, exceptionDetails } = await post<Runtime.CallFunctionOnReturnType>('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: String(f),
      arguments: args.map(value => ({ value })),
      returnByValue,
      objectGroup: OBJECT_GROUP,
      silent: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return (returnByValue ? result.value : result.objectId) as Result
  }

  async function members(
    objectId: string,
    accept: (name: string) => boolean = () => true,
    parent?: string,
    range: [number, number] = [0, GROUP_SIZE],
  ): Promise<DAP.Variable[]> {
    const record = await call<string>(objectId, membersOf, range, false)
    const [{ result: properties }, described] = await Promise.all([
      post<Runtime.GetPropertiesReturnType>('Runtime.getProperties', { objectId: record, ownProperties: true }),
      call<Record<string, Described>>(record, describeMembers, [], true),
    ])
    return properties
      .filter(({ name, enumerable }) => enumerable && accept(name))
      .map(({ name, value }) => toVariable(name, pathTo(parent, name), described[name]!, value?.objectId))
  }

  function toVariable(name: string, path: string, described: Described, objectId: string | undefined): DAP.Variable {
    const { text: value, type, size, expandable } = described
    const open = objectId && expandable ? refer(() => contents(objectId, path, [0, size ?? GROUP_SIZE])) : 0
    return {
      name,
      value,
      type,
      evaluateName: path,
      variablesReference: open,
      ...(size === undefined ? {} : { indexedVariables: size }),
      // What JupyterLab asks for to show a string without its quotes.
      ...(type === 'str' ? { presentationHint: { attributes: ['rawString'] } } : {}),
    }
  }

  /** The members of a range, or, when they are many, groups of them. */
  async function contents(objectId: string, path: string, [from, to]: [number, number]): Promise<DAP.Variable[]> {
    if (to - from <= GROUP_SIZE) return members(objectId, undefined, path, [from, to])
    let step = GROUP_SIZE
    while ((to - from) / step > GROUP_SIZE) step *= GROUP_SIZE
    return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => {
      const start = from + index * step
      const end = Math.min(start + step, to)
      return {
        name: `[${start} … ${end - 1}]`,
        value: '',
        variablesReference: refer(() => contents(objectId, path, [start, end])),
      }
    })
  }

  /** An object that holds the value alone, so that a plain value is described as a member is. */
  async function holder(name: string, value: Runtime.RemoteObject): Promise<string> {
    const { result } = await post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression: 'Object.create(null)',
      objectGroup: OBJECT_GROUP,
    })
    const { objectId, unserializableValue } = value
    await post('Runtime.callFunctionOn', {
      objectId: result.objectId,
      functionDeclaration: 'function (name, value) { this[name] = value }',
      arguments: [
        { value: name },
        objectId ? { objectId } : unserializableValue ? { unserializableValue } : { value: value.value as unknown },
      ],
    })
    return result.objectId!
  }

  return {
    refer,
    members,
    async list(reference) {
      const list = lists.get(reference)
      if (!list) throw new Error(`there are no variables with the number ${reference}: it is of an earlier stop`)
      return list()
    },
    async describe(name, value) {
      const [variable] = await members(await holder(name, value))
      return variable!
    },
    async bundle(value) {
      if (value.objectId) return call(value.objectId, bundleOf, [], true)
      const { value: text } = (await members(await holder('value', value)))[0]!
      return { 'text/plain': text }
    },
    clear() {
      lists.clear()
      post('Runtime.releaseObjectGroup', { objectGroup: OBJECT_GROUP }).catch(() => {})
    },
  }
}

/** The expression for a member. */
function pathTo(parent: string | undefined, name: string): string {
  if (parent === undefined) return name
  if (/^[A-Za-z_$][\w$]*$/.test(name)) return `${parent}.${name}`
  return /^\d+$/.test(name) ? `${parent}[${name}]` : `${parent}[${JSON.stringify(name)}]`
}
