// The command `adt verify`: runs the project's code on golden cases (inputs, weights and outputs of a reference
// implementation) and compares every output and every gradient at the case's own tolerance.
// One adapter a component knows how to run it; the comparison and the list of what must be compared are here.
import { access, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { readCaseArrays } from './arrays.js'
import { type Comparison, type Deviation, deviation, strain, toleranceOf } from './compare.js'

export type { Comparison, Deviation } from './compare.js'

/** Runs the cases of some components. */
export interface ComponentAdapter {
  /** values of case.json's `component` that it runs */
  components: string[]
  /** Runs one case. Every `out.*`, `vjp.*` and `grad.*` of io.safetensors must be among the values, under its name. */
  run(caseFolder: string, caseJson: CaseJson): Promise<{ values: Map<string, Comparison> }>
}

export interface CaseJson {
  component: string
  options?: Record<string, unknown>
  [field: string]: unknown
}

export interface Verification {
  /** name of the case's folder */
  case: string
  component: string
  status: 'ok' | 'failed' | 'unknown'
  /** the array that comes nearest to its bound, or passes it furthest */
  worst: Deviation | null
  message?: string
}

// Imported only when a case needs them, so that arithmetic alone never opens TensorFlow.
const adapters: (() => Promise<ComponentAdapter>)[] = [
  () => import('./scheduler.js'),
  () => import('./metrics.js'),
  () => import('./discriminator.js'),
  () => import('./models.js'),
  () => import('./inception.js'),
  () => import('./adtStep.js'),
]

/**
 * Verifies golden cases.
 * @param paths each a case (a folder with case.json) or a folder of cases
 * @returns one result a case, in the order of the paths, cases of a folder by name
 * @throws Error, before anything runs, when a path holds no case
 */
export async function* verify(paths: string[]): AsyncGenerator<Verification> {
  const folders: string[] = []
  for (const path of paths) folders.push(...(await casesIn(resolve(path))))
  for (const folder of folders) yield await verifyCase(folder)
}

/** One line: ok or not, case, component, and the worst error beside what is allowed. */
export function describeVerification(result: Verification): string {
  const worst = result.worst
    ? `worst ${result.worst.name}: error ${result.worst.error.toExponential(2)}, allowed ${result.worst.allowed.toExponential(2)}`
    : ''
  const text = [worst, result.message].filter(Boolean).join('; ')
  return `${result.status.padEnd(7)}  ${result.case.padEnd(32)}  ${result.component.padEnd(30)}  ${text}`
}

async function verifyCase(folder: string): Promise<Verification> {
  const name = basename(folder)
  let component = '?'
  try {
    const caseJson = await readCase(folder)
    component = caseJson.component
    const adapter = await adapterFor(component)
    if (!adapter) {
      return { case: name, component, status: 'unknown', worst: null, message: 'no adapter runs this component' }
    }
    const { values } = await adapter.run(folder, caseJson)
    const { worst, problems } = compareAll(values, await referencesIn(folder), caseJson)
    if (problems.length === 0) return { case: name, component, status: 'ok', worst }
    return { case: name, component, status: 'failed', worst, message: problems.join('; ') }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { case: name, component, status: 'failed', worst: null, message }
  }
}

async function adapterFor(component: string): Promise<ComponentAdapter | undefined> {
  for (const load of adapters) {
    const adapter = await load()
    if (adapter.components.includes(component)) return adapter
  }
  return undefined
}

function compareAll(values: Map<string, Comparison>, references: Map<string, ArrayLike<number>>, caseJson: CaseJson) {
  const problems: string[] = []
  const deviations: Deviation[] = []
  for (const name of references.keys()) if (!values.has(name)) problems.push(`${name}: not computed`)
  if (values.size === 0 && references.size === 0) problems.push('nothing was compared')
  for (const [name, { got, reference, kind }] of values) {
    // What the file holds under this name decides what it is compared with and how, whatever the adapter says.
    const filed = references.get(name)
    const filedKind = name.startsWith('out.') ? 'out' : 'vjp'
    try {
      const tolerance = toleranceOf(caseJson, filed ? filedKind : kind)
      const found = deviation(name, got, filed ?? reference, tolerance)
      deviations.push(found)
      if (!(found.error <= found.allowed))
        problems.push(`${name}: off by ${strain(found).toPrecision(3)} × the tolerance`)
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  const worst = deviations.reduce<Deviation | null>((a, b) => (a && strain(a) >= strain(b) ? a : b), null)
  const shown = problems.length > 4 ? [...problems.slice(0, 4), `and ${problems.length - 4} more`] : problems
  return { worst, problems: shown }
}

/** The arrays that a case's io.safetensors asks to be compared; none for cases in JSON, whose adapters name their own. */
async function referencesIn(folder: string): Promise<Map<string, ArrayLike<number>>> {
  const file = join(folder, 'io.safetensors')
  if (!(await exists(file))) return new Map()
  const entries = [...(await readCaseArrays(file))].filter(([name]) => /^(out|vjp|grad)\./.test(name))
  if (entries.length === 0) throw new Error('io.safetensors: has no out.*, vjp.* or grad.* to compare with')
  return new Map(entries.map(([name, { data }]) => [name, data]))
}

async function casesIn(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new Error(`${path}: no such folder`)
  if (!found.isDirectory()) throw new Error(`${path}: is a file; give a case's folder or a folder of cases`)
  if (await looksLikeCase(path)) return [path]
  const children = (await readdir(path, { withFileTypes: true })).filter(entry => entry.isDirectory())
  const cases: string[] = []
  for (const child of children.map(entry => join(path, entry.name)).sort()) {
    if (await looksLikeCase(child)) cases.push(child)
  }
  if (cases.length === 0) throw new Error(`${path}: holds no case (a folder with case.json)`)
  return cases
}

// A folder that lost its case.json is still taken for a case, so that it fails instead of being passed over.
async function looksLikeCase(folder: string): Promise<boolean> {
  for (const file of ['case.json', 'io.safetensors', 'io.json']) if (await exists(join(folder, file))) return true
  return false
}

async function readCase(folder: string): Promise<CaseJson> {
  const text = await readFile(join(folder, 'case.json'), 'utf8').catch(() => {
    throw new Error('case.json: missing')
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new Error(`case.json: is not JSON (${(error as Error).message})`)
  }
  if (typeof (parsed as CaseJson | null)?.component !== 'string') throw new Error('case.json: has no component')
  return parsed as CaseJson
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
