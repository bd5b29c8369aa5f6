/** One writer a trial, or a run: a lock file that its process keeps fresh, so that a dead process's lock is known as such. */

import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { WriteError } from '../data/files.js'

/** A process that has not touched its lock for this long is taken for dead, wherever it is. */
const staleAfter = 300_000
const touchEvery = 10_000

export interface Lock {
  release(): void
}

/**
 * Takes the lock of a trial's or a run's folder.
 * @returns undefined when another process that is alive has it
 * @throws WriteError (a full disk, say), with nothing left behind
 */
export function takeLock(folder: string): Lock | undefined {
  const file = join(folder, 'lock')
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeOwner(file)
      return keepFresh(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new WriteError(file, error)
      if (isLocked(folder)) return undefined
      rmSync(file, { force: true })
    }
  }
  return undefined
}

function writeOwner(file: string): void {
  const descriptor = openSync(file, 'wx')
  try {
    writeSync(descriptor, JSON.stringify({ pid: process.pid, host: hostname() }))
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** Whether a process that is alive works in a trial's folder. */
export function isLocked(folder: string): boolean {
  const file = join(folder, 'lock')
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {}
  if (mtimeMs === undefined) return false
  const { pid, host } = ownerOf(file)
  if (host === hostname() && pid !== undefined && !isAlive(pid)) return false
  return Date.now() - mtimeMs < staleAfter
}

/** Nothing when the file was just made and its owner is not yet written, or was just removed. */
function ownerOf(file: string): { pid?: number; host?: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid?: number; host?: string }
  } catch {
    return {}
  }
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function keepFresh(file: string): Lock {
  const timer = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(file, now, now)
    } catch {
      // Its folder was removed: there is nothing to keep others from.
    }
  }, touchEvery)
  timer.unref()
  return {
    release() {
      clearInterval(timer)
      rmSync(file, { force: true })
    },
  }
}
