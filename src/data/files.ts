import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the nearest package.json above this file: the repository, or the installed package. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no package.json above ${import.meta.url}`)
    folder = parent
  }
  return folder
}

/** Where things that can be made again are kept: ADT_CACHE, or `.cache` in the package. */
export function cacheFolder(): string {
  return process.env.ADT_CACHE ?? join(packageRoot(), '.cache')
}

/** A file could not be written: says which, why, and what to do. The file system's own error is the cause. */
export class WriteError extends Error {
  override name = 'WriteError'

  constructor(file: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException
    super(`${file}: cannot be written: ${(code && reasons[code]) ?? message}`, { cause })
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'no space is left on its disk; free some',
  EDQUOT: 'your share of its disk is used up; free some',
  EACCES: 'you may not write there; choose another place',
  EPERM: 'you may not write there; choose another place',
  EROFS: 'its disk can only be read; choose another place',
  ENOENT: 'no file can be made there; choose another place',
  ENOTDIR: 'a file is in the way of its folder; choose another place',
  EISDIR: 'a folder has its name; choose another',
}

/**
 * Writes a file so that a reader, or a crash, sees the old content or the new one and never a part:
 * a temporary file beside it, fsync, rename. Missing folders are made.
 *
 * @throws WriteError (a full disk, say), with the temporary file removed
 */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    mkdirSync(dirname(file), { recursive: true })
    const descriptor = openSync(temporary, 'wx')
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
  } catch (error) {
    removeQuietly(temporary)
    throw new WriteError(file, error)
  }
}

/** Where a file could not be made, removing it may fail too; the first failure is the one to tell. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}
