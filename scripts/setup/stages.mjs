import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { contentFingerprint, digest, filesUnder, statFingerprint } from './fingerprint.mjs'

/**
 * One stage of the set-up.
 * @typedef {object} Stage
 * @property {string} title what the person reads while it runs
 * @property {string} stamp where success is noted; it lies inside what the stage makes, so that deleting the one deletes the other
 * @property {string[]} inputs files and folders it depends on
 * @property {string[]} [facts] other things it depends on
 * @property {() => boolean} [intact] a cheap look at what it made
 * @property {() => boolean} [adopt] whether what lies there, though not stamped for today's inputs, fits them all the same
 * @property {() => void | Promise<void>} make does the work
 */

/** Whether the stage was finished for today's inputs. Reads only names, sizes and times unless those have changed. */
export function isFinished(stage) {
  if (stage.intact && !stage.intact()) return false
  const files = filesUnder(stage.inputs)
  const stat = statFingerprint(files)
  const stamp = readStamp(stage.stamp)
  if (stamp?.facts === factsOf(stage)) {
    if (stamp.stat === stat) return true
    if (stamp.content === contentFingerprint(files)) return note(stage, files, stat)
  }
  return stage.adopt?.() ? note(stage, files, stat) : false
}

/** Runs the stage. Its stamp goes first and comes back last: whatever stops it in between, the next run begins it again. */
export async function run(stage) {
  rmSync(stage.stamp, { force: true })
  const files = filesUnder(stage.inputs)
  const stat = statFingerprint(files)
  const content = contentFingerprint(files)
  await stage.make()
  note(stage, files, stat, content)
}

function note(stage, files, stat, content = contentFingerprint(files)) {
  mkdirSync(dirname(stage.stamp), { recursive: true })
  const part = `${stage.stamp}.${process.pid}`
  writeFileSync(part, `${JSON.stringify({ facts: factsOf(stage), stat, content })}\n`)
  renameSync(part, stage.stamp)
  return true
}

const factsOf = stage => digest(stage.facts ?? [])

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
