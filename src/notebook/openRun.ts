/** A run folder, as `adt tune` leaves it, read back into the view that the live run had. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGrid } from '../data/index.js'
import {
  encodeSmall,
  encodeTiles,
  type Judged,
  type RunView,
  runView,
  type StepEvent,
  type StoredPictures,
  storedRun,
  viewBundle,
} from '../views/index.js'
import { type Displayable, displayable } from './host.js'

/** Settings that are worth a place above the curves. */
const shownSettings = ['method', 'path', 'K', 'lambda', 'H', 'sampler', 'steps', 'batch', 'learningRate', 'seed']

/**
 * Reads one run folder, or several to draw over one another.
 * @param folders the folder, or folders under names of your own: `{ ADT: 'runs/a', FT: 'runs/b' }`
 * @throws Error naming the file that is missing or is no run's
 */
export async function openRun(
  folders: string | Readonly<Record<string, string>>,
  { title }: { title?: string } = {},
): Promise<RunView & Displayable> {
  const named = typeof folders === 'string' ? { [folders.split('/').at(-1)!]: folders } : folders
  const runs = await Promise.all(Object.entries(named).map(([label, folder]) => readRun(folder, label)))
  const view = runView(runs, title)
  return displayable(view, () => viewBundle(view))
}

async function readRun(folder: string, label: string) {
  const options = (readJson(join(folder, 'config.json')).options ?? {}) as Record<string, unknown>
  const captions = (options.prompt as string[] | undefined) ?? []
  const metrics = join(folder, 'metrics.jsonl')
  const lines = read(metrics)
    .split('\n')
    .filter(line => line !== '')
    .map((line, i) => parse<StepEvent | OtherLine>(line, `${metrics}, line ${i + 1}`))
  const events = lines.filter((line): line is StepEvent => line.kind === 'step')
  const settings = Object.fromEntries(
    shownSettings.flatMap(name => (options[name] === undefined ? [] : [[name, String(options[name])]])),
  )
  const [samples, pictures] = await Promise.all([
    readSamples(folder, captions.length),
    readPictures(
      folder,
      lines.filter((line): line is OtherLine => line.kind !== 'step'),
    ),
  ])
  return storedRun(events, { label, settings, captions, samples, ...pictures })
}

/** A line about pictures that lie beside it. */
type OtherLine =
  | { readonly kind: 'references'; readonly prompts: readonly string[] }
  | ({ readonly kind: 'judged' } & Omit<Judged, 'real' | 'generated'>)
  | { readonly kind: 'warning' }

/** References and judged images; those whose file is gone are left out. */
async function readPictures(folder: string, lines: readonly OtherLine[]): Promise<StoredPictures> {
  const judged: Judged[] = []
  let references: StoredPictures['references']
  for (const line of lines) {
    if (line.kind === 'references') {
      const file = join(folder, 'samples', 'references.png')
      if (existsSync(file)) {
        references = { prompts: line.prompts, images: encodeSmall(await readGrid(file, line.prompts.length)) }
      }
    } else if (line.kind === 'judged') {
      const file = join(folder, 'judged', `${String(line.iteration).padStart(6, '0')}.png`)
      if (!existsSync(file)) continue
      const count = line.captions.length
      const pictures = encodeSmall(await readGrid(file, 2 * count))
      const { kind: _, ...moment } = line
      judged.push({ ...moment, real: pictures.slice(0, count), generated: pictures.slice(count) })
    }
  }
  return { ...(references ? { references } : {}), judged }
}

async function readSamples(folder: string, count: number): Promise<{ iteration: number; images: string[] }[]> {
  if (count === 0) return []
  const files = listed(join(folder, 'samples')).filter(name => /^\d+\.png$/.test(name))
  return Promise.all(
    files.sort().map(async name => {
      const { data, shape } = await readGrid(join(folder, 'samples', name), count)
      return { iteration: Number.parseInt(name, 10), images: encodeTiles({ data, shape }) }
    }),
  )
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code}); a run folder holds one`, {
      cause: error,
    })
  }
}

function parse<T>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new Error(`${where}: not JSON (${(error as Error).message})`, { cause: error })
  }
}

function readJson(file: string): Record<string, unknown> {
  return parse(read(file), file)
}
