import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './places.mjs'

/** Every file at or under the given paths (relative to the checkout), sorted; a path that is not there gives none. */
export function filesUnder(paths) {
  return paths.flatMap(path => walk(join(root, path))).sort()
}

function walk(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap(entry =>
    entry.name === 'node_modules' ? [] : walk(join(path, entry.name)),
  )
}

/** Names, sizes and times: cheap enough for every start, and changed by every edit. */
export function statFingerprint(files) {
  return digest(
    files.map(file => {
      const { size, mtimeMs } = statSync(file)
      return `${relative(root, file)} ${size} ${mtimeMs}`
    }),
  )
}

/** Names and contents: what the built thing really depends on (a fresh checkout changes only times). */
export function contentFingerprint(files) {
  return digest(files.map(file => `${relative(root, file)} ${digest([readFileSync(file)])}`))
}

export function digest(parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\n')
  return hash.digest('hex')
}
