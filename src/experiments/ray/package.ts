/** The code of a trial as a package that a Ray cluster keeps and unpacks on its nodes. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type Zippable, zipSync } from 'fflate'
import type { RayClient } from './client.js'
import { startScript } from './startScript.js'

/** Which files travel to the nodes. */
export interface Code {
  /** The folder they are in; they keep their paths in it. A node finds there too what does not travel. */
  root: string
  /** Files and folders in it. */
  files: string[]
}

export interface CodePackage {
  /** Named by its content: what is in the cluster under this name is the same. */
  name: string
  zip(): Uint8Array
}

/** Package of the files as they are now, and of the script that starts a trial among them. */
export function packCode({ root, files }: Code): CodePackage {
  const paths = files.flatMap(file => filesIn(join(root, file))).sort()
  const contents = new Map<string, Uint8Array>([[startScript.name, Buffer.from(startScript.text)]])
  for (const path of paths) contents.set(relative(root, path).split(sep).join('/'), readFileSync(path))
  return { name: `_ray_pkg_${fingerprint(contents)}.zip`, zip: () => zip(contents) }
}

/** Uploads it unless the cluster has it. */
export async function upload(client: RayClient, code: CodePackage): Promise<void> {
  if (!(await client.hasPackage(code.name))) await client.putPackage(code.name, code.zip())
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter(entry => !entry.name.startsWith('.'))
    .flatMap(entry => filesIn(join(path, entry.name)))
}

function fingerprint(contents: Map<string, Uint8Array>): string {
  const hash = createHash('sha256')
  for (const [path, bytes] of contents) hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  return hash.digest('hex').slice(0, 32)
}

/** The same bytes for the same files: a fixed time (zip's first; it is read in the local zone), in the order given. */
function zip(contents: Map<string, Uint8Array>): Uint8Array {
  const entries: Zippable = Object.fromEntries(contents)
  return zipSync(entries, { mtime: new Date(1980, 0, 1), level: 6 })
}
