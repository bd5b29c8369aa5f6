import { readSafetensors } from '../../models/safetensors.js'

/** An array of a case as numbers, in the layout of the file (torch's). */
export interface CaseArray {
  shape: number[]
  data: Exclude<ArrayLike<number>, string>
}

/** All arrays of a case's safetensors file by name; 64-bit integers become doubles. */
export async function readCaseArrays(file: string): Promise<Map<string, CaseArray>> {
  const { tensors } = await readSafetensors(file)
  return new Map(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, data: data instanceof BigInt64Array ? Float64Array.from(data, Number) : data },
    ]),
  )
}

/**
 * The array of this name.
 * @throws Error when the case lacks it
 */
export function caseArray(arrays: Map<string, CaseArray>, name: string): CaseArray {
  const found = arrays.get(name)
  if (!found) throw new Error(`io.safetensors: has no ${name}`)
  return found
}
