import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inRoot } from './places.mjs'

const lockFile = inRoot('.cache', 'setup.lock')

/** Runs `work` while no other set-up works in this checkout. A lock whose process is gone is taken over. */
export async function withLock(work) {
  mkdirSync(dirname(lockFile), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) })
  let told = false
  while (!tryTake(mine)) {
    const held = read(lockFile)
    if (held === undefined) continue
    if (!isAlive(held)) {
      removeStale(held)
      continue
    }
    if (!told)
      console.log(`Another set-up of this checkout is running (process ${JSON.parse(held).pid}); waiting for it.`)
    told = true
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    if (read(lockFile) === mine) rmSync(lockFile, { force: true })
  }
}

/** The lock appears with its content in one step: written aside, then linked into place. */
function tryTake(mine) {
  const part = `${lockFile}.${process.pid}`
  writeFileSync(part, mine)
  try {
    linkSync(part, lockFile)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(part, { force: true })
  }
}

/** Of several waiters one wins the rename; if it moved a lock that was fresh again, it puts that back. */
function removeStale(held) {
  const aside = `${lockFile}.stale.${process.pid}`
  try {
    renameSync(lockFile, aside)
  } catch {
    return
  }
  if (read(aside) !== held) {
    try {
      linkSync(aside, lockFile)
    } catch {
      // Someone holds a newer lock already.
    }
  }
  rmSync(aside, { force: true })
}

function isAlive(held) {
  try {
    const { pid, started } = JSON.parse(held)
    process.kill(pid, 0)
    return startOf(pid) === started
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** When the process began, in the kernel's ticks: tells a reused process number from the old one. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return ''
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
