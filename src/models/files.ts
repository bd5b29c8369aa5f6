import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WriteError } from '../data/files.js'

/**
 * Writes a file so that a crash leaves the old content or the new, never a part: `write` fills a temporary file beside
 * it, which is synced and renamed. Missing folders are made.
 *
 * @throws WriteError when the file system refuses (a full disk, say), or what `write` throws; the temporary file is removed
 */
export async function atomically(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true })
    const handle = await open(temporary, 'wx')
    try {
      await write(handle)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw (error as NodeJS.ErrnoException).syscall ? new WriteError(file, error) : error
  }
}

/** Writes a value as JSON, two spaces deep and with a last newline, as diffusers and transformers do. */
export function writeJson(file: string, value: unknown): Promise<void> {
  return atomically(file, async handle => {
    await handle.writeFile(`${JSON.stringify(value, null, 2).replace(wholeFloat, '$1.0')}\n`)
  })
}

/** Fields of a config that transformers refuses unless their numbers are written as floats. */
const wholeFloat = /("(?:layerscale_value|initializer_factor)": -?\d+)(?=,?$)/gm

/**
 * Reads a JSON object.
 *
 * @throws Error naming the file when it is missing, is not JSON, or holds something other than an object
 */
export async function readJson(file: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      code === 'ENOENT' ? `${file}: no such file; is its folder the right one?` : `${file}: cannot be read (${code})`,
      { cause: error },
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`${file}: not valid JSON (${(error as Error).message})`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(
      `${file}: expected a JSON object, found ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`,
    )
  }
  return value as Record<string, unknown>
}
