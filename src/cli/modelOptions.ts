import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Dataset, namedData, parquetData, webDataset } from '../data/index.js'
import { UsageError } from './errors.js'

/**
 * The data set that an option names.
 * @param source emoji styles joined by `+` (`noto+twemoji`), an image folder, or tar or Parquet files: one, or a folder of them
 * @param split for emoji: the names to learn from, or those held out
 * @param option that named it, for errors
 */
export async function openData(
  source: string,
  size: number,
  split: 'train' | 'test' | undefined,
  option = '--data',
): Promise<Dataset> {
  const tars = filesIn(source, '.tar')
  if (tars.length > 0) return webDataset(tars, { size })
  const tables = filesIn(source, '.parquet')
  if (tables.length > 0) return parquetData(tables, { size })
  try {
    return namedData(source, size, split)
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${option}: ${error.message}`)
    throw error
  }
}

/** The file itself, or those of this kind in a folder that is no image folder, by name. */
function filesIn(source: string, ending: string): string[] {
  if (source.endsWith(ending)) return [source]
  if (!existsSync(source) || !statSync(source).isDirectory() || existsSync(join(source, 'metadata.jsonl'))) return []
  const names = readdirSync(source).filter(name => name.endsWith(ending))
  return names.sort().map(name => join(source, name))
}
