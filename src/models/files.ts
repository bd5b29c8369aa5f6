import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WriteError } from '../data/files.js'
import { makeFolder, removeEmpty } from '../tensorflow/folders.js'

/**
 * Writes a file so that a crash leaves the old content or the new, never a part: `write` fills a temporary file beside
 * it, which is synced and renamed. Missing folders are made.
 *
 * @throws WriteError when the file system refuses (a full disk, say), or what `write` throws; the temporary file is
 *   removed, and the folders that were made for it
 */
export async function atomically(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  let made: string[] = []
  try {
    made = makeFolder(dirname(file))
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
    removeEmpty(made)
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

/** More than any published configuration, and little enough that a hostile one does no harm. */
const mostOfJson = 4 * 2 ** 20

/**
 * Reads a JSON object.
 *
 * @param most bytes that the file may have
 * @throws Error naming the file when it is missing, too large, is not JSON, or holds something other than an object
 */
export async function readJson(file: string, most = mostOfJson): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(file, most), `${file}:`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${file}: expected a JSON object, found ${Array.isArray(value) ? 'an array' : brief(value)}`)
  }
  return value as Record<string, unknown>
}

/**
 * Reads a file of text.
 *
 * @param most bytes that it may have
 * @throws Error naming the file when it is missing, no regular file, too large, or not UTF-8; before any of it is read
 */
export async function readText(file: string, most: number): Promise<string> {
  const size = await sizeOf(file)
  if (size > most) {
    throw new Error(`${file}: ${size} bytes, more than the ${most} that such a file may have; is it the right file?`)
  }
  return decodeUtf8(await readFile(file), `${file}:`)
}

/**
 * The size of a regular file: reading a pipe or a device might never end.
 *
 * @throws Error naming the file when it is missing or something else
 */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(error => {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${file}: ${reasons[code!] ?? `cannot be read (${code})`}`, { cause: error })
  })
  if (!found.isFile()) throw new Error(`${file}: is ${found.isDirectory() ? 'a folder' : 'no regular file'}`)
  return found.size
}

const reasons: Record<string, string> = {
  ENOENT: 'no such file; is its folder the right one, and whole?',
  ENOTDIR: 'its folder is a file; name a folder',
  ELOOP: 'a link that leads to itself; put the file there',
  EACCES: 'may not be read; change its permissions',
}

/** @param where begins errors: `config.json:` */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error(`${where} not UTF-8 text: damaged, or another kind of file`, { cause: error })
  }
}

/** Brackets within brackets: a configuration has two or three; each costs more memory than its two letters. */
const deepest = 32

/** `JSON.parse`, whose errors say where, and which refuses what is nested without end. */
export function parseJson(text: string, where: string): unknown {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character === '\\') i++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > deepest) throw new Error(`${where} JSON nested more than ${deepest} deep, as no such file is`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${where} not valid JSON (${brief((error as Error).message, String)})`, { cause: error })
  }
}

/** A value for an error message: its beginning, where it is long. */
export function brief(value: unknown, write: (value: unknown) => string = JSON.stringify): string {
  const text = write(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
