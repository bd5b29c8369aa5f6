// Functions that run in the execution process, on its main thread: the debugger sends their text through the
// inspector. So each stands alone: it uses nothing of this module and nothing that is imported.

/** What the debugger shows of a value. */
export interface Described {
  text: string
  /** The place of the type, where JupyterLab's tree shows the value: hence Python's names of the plainest types. */
  type: string
  expandable: boolean
  /** Number of elements, of what is numbered. */
  size?: number
}

/**
 * Calls a function with the variables of all cells in sight: in JavaScript they are properties of one object, which
 * code that a user types into the debugger does not know.
 */
export function withCellVariables<T>(act: () => T): T {
  const variables = (globalThis as unknown as Record<symbol, Record<string, unknown>>)[Symbol.for('adt.variables')]!
  const hidden: [string, PropertyDescriptor | undefined][] = []
  for (const name of Object.keys(variables)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name)
    if (before && !before.configurable) continue
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => variables[name],
      set: value => {
        variables[name] = value
      },
    })
    hidden.push([name, before])
  }
  try {
    return act()
  } finally {
    for (const [name, before] of hidden) {
      if (before) Object.defineProperty(globalThis, name, before)
      else delete (globalThis as Record<string, unknown>)[name]
    }
  }
}

/** The cells' variables as an object of their own. */
export function cellVariables(): Record<string, unknown> {
  return { ...(globalThis as unknown as Record<symbol, Record<string, unknown>>)[Symbol.for('adt.variables')] }
}

/** The members of `this` by name, none of them computed: of what is numbered those of a range, else the own ones. */
export function membersOf(this: object, from: number, to: number): object {
  const { inspect } = process.getBuiltinModule('node:util')
  const members = Object.create(null) as Record<string, unknown>
  if (Array.isArray(this) || (ArrayBuffer.isView(this) && !(this instanceof DataView))) {
    for (let index = from; index < to; index++) members[index] = (this as ArrayLike<unknown>)[index]
  } else if (this instanceof Map || this instanceof Set) {
    let index = 0
    for (const [key, value] of this.entries()) {
      if (index >= to) break
      const name = this instanceof Set ? String(index) : typeof key === 'string' ? key : inspect(key)
      if (index++ >= from) members[name] = value
    }
  } else {
    for (const name of Object.getOwnPropertyNames(this)) {
      const property = Object.getOwnPropertyDescriptor(this, name)
      if (property) Object.defineProperty(members, name, { ...property, enumerable: true })
    }
  }
  return members
}

/** Describes the members of `this`, by name; a getter is not called. */
export function describeMembers(this: object): Record<string, Described> {
  const { inspect } = process.getBuiltinModule('node:util')
  const TYPE_LENGTH = 60

  function describe(value: unknown): Described {
    let text: string
    try {
      text = inspect(value, {
        depth: 1,
        maxArrayLength: 10,
        maxStringLength: 1000,
        breakLength: Number.POSITIVE_INFINITY,
      })
    } catch (error) {
      text = `(it could not be shown: ${String(error)})`
    }
    if (typeof value === 'number')
      return { text, type: Number.isSafeInteger(value) ? 'int' : 'float', expandable: false }
    if (typeof value === 'boolean') return { text, type: 'bool', expandable: false }
    if (typeof value === 'string') return { text, type: 'str', expandable: false }
    const isObject = typeof value === 'object' && value !== null
    const size = isObject ? sizeOf(value) : undefined
    const name = isObject ? (Object.getPrototypeOf(value)?.constructor?.name ?? 'Object') : typeof value
    const long = size === undefined ? name : `${name}(${size})`
    return {
      text,
      type: text.length <= TYPE_LENGTH ? text : long,
      expandable: isObject && (size === undefined ? Object.getOwnPropertyNames(value).length > 0 : size > 0),
      ...(size === undefined ? {} : { size }),
    }
  }

  function sizeOf(value: object): number | undefined {
    if (Array.isArray(value)) return value.length
    if (value instanceof Map || value instanceof Set) return value.size
    return ArrayBuffer.isView(value) && !(value instanceof DataView) ? (value as Uint8Array).length : undefined
  }

  const described: Record<string, Described> = {}
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(this))) {
    described[name] = property.get
      ? { text: '(a getter)', type: '(a getter)', expandable: false }
      : describe(property.value)
  }
  return described
}

/** How `this` looks as a cell's result, as far as that needs no waiting. */
export function bundleOf(this: { [key: symbol]: unknown }): Record<string, unknown> {
  const { inspect } = process.getBuiltinModule('node:util')
  const bundle: Record<string, unknown> = { 'text/plain': inspect(this) }
  const show = this[Symbol.for('Jupyter.display')]
  const own: unknown = typeof show === 'function' ? show.call(this) : undefined
  if (typeof own !== 'object' || own === null || 'then' in own) return bundle
  for (const [type, data] of Object.entries(own)) {
    bundle[type] = ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
      : data
  }
  return bundle
}
