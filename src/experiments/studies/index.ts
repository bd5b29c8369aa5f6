// The studies that the project defines: the paper's tables and figures in two scales, and our own at emoji scale.
// Each states its question, metric and stopping rule before it is run; `adt study list` shows them.
// A study file of one's own is run by its path.
import { readFileSync } from 'node:fs'
import { parseStudy, type Scale, type Study } from '../study.js'
import { figure3, figure5, figureA2 } from './figures.js'
import {
  adversarialWeight,
  clipped,
  equalCost,
  fewSteps,
  lambdaAndK,
  longer,
  longerWeight,
  stepsWithGradient,
} from './sweeps.js'
import { table1, table2, table3, tableA2, tableA3, tableA4 } from './tables.js'

const ofPaper = [table1, table2, table3, tableA2, tableA3, tableA4, figure3, figure5, figureA2]
const own = [equalCost, stepsWithGradient, lambdaAndK, adversarialWeight, longer, longerWeight, clipped, fewSteps]

const defined = (scale: Scale) => [...ofPaper.map(define => define(scale)), ...(scale === 'emoji' ? own : [])]

/** All studies of a scale, in the paper's order, then ours. */
export const studies = (scale: Scale): Study[] => defined(scale).map(parseStudy)

/**
 * A study by its name, or from a file.
 * @throws RangeError naming the studies there are; Error naming what is wrong in the file
 */
export function findStudy(nameOrFile: string, scale: Scale): Study {
  if (nameOrFile.endsWith('.json')) return readStudy(nameOrFile)
  const all = defined(scale)
  const found = all.find(({ name }) => name === nameOrFile)
  if (found) return parseStudy(found)
  const names = all.map(({ name }) => name).join(', ')
  throw new RangeError(`${nameOrFile}: no such study at ${scale} scale; there are ${names}, or give a .json file`)
}

function readStudy(file: string): Study {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as Error).message})`, { cause: error })
  }
  try {
    return parseStudy(value)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}
