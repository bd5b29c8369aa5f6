import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder, makeFolder, packageFacts, packageRoot, removeEmpty } from '../tensorflow/folders.js'

export { cacheFolder, packageFacts, packageRoot }

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
  EEXIST: 'a file is in the way of its folder; choose another place',
  ENAMETOOLONG: 'its name is too long; choose a shorter one',
  EISDIR: 'a folder has its name; choose another',
}

/**
 * Writes a file so that a reader, or a crash, sees the old content or the new one and never a part:
 * a temporary file beside it, fsync, rename. Missing folders are made.
 *
 * @throws WriteError (a full disk, say), with the temporary file and the folders that were made for it removed
 */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  let made: string[] = []
  try {
    made = makeFolder(dirname(file))
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
    removeEmpty(made)
    throw new WriteError(file, error)
  }
}

/**
 * Keeps what can be made again, below `cacheFolder()`.
 * @throws WriteError that says how to name another folder
 */
export function writeCached(name: string, content: string | Uint8Array): void {
  try {
    writeFileAtomic(join(cacheFolder(), name), content)
  } catch (error) {
    if (error instanceof WriteError) error.message += ', with the environment variable ADT_CACHE'
    throw error
  }
}

/** Where a file could not be made, removing it may fail too; the first failure is the one to tell. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}
