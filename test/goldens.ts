/** Where the golden cases lie: the folder in ADT_GOLDENS, the nearest `shared/goldens` upwards, or those kept here. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Golden {
  name: string
  folder: string
  case: {
    component: string
    tolerance: Tolerance
    tolerance_vjp?: Tolerance
    options: Record<string, unknown>
    [field: string]: unknown
  }
}

export interface Tolerance {
  abs: number
  rel: number
}

/** All golden cases whose name starts with `prefix`; throws when there is none. */
export function goldens(prefix: string): Golden[] {
  const root = goldenRoot()
  const names = readdirSync(root).filter(name => name.startsWith(prefix) && existsSync(join(root, name, 'case.json')))
  if (names.length === 0) throw new Error(`no golden case starts with ${prefix} in ${root}`)
  return names.sort().map(name => {
    const folder = join(root, name)
    return { name, folder, case: JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) }
  })
}

/** The worst element's error as a share of what is allowed: at most 1 when |got − ref| ≤ abs + rel·max|ref| holds. */
export function errorShare(got: ArrayLike<number>, reference: ArrayLike<number>, { abs, rel }: Tolerance): number {
  if (got.length !== reference.length) return Number.POSITIVE_INFINITY
  let largest = 0
  let worst = 0
  for (let i = 0; i < reference.length; i++) {
    largest = Math.max(largest, Math.abs(reference[i]!))
    const error = Math.abs(got[i]! - reference[i]!)
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return worst / (abs + rel * largest)
}

function goldenRoot(): string {
  if (process.env.ADT_GOLDENS) return process.env.ADT_GOLDENS
  const here = dirname(fileURLToPath(import.meta.url))
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'shared/goldens/manifest.json'))) return join(folder, 'shared/goldens')
  }
  return join(here, 'goldens')
}
