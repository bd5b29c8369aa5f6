/** A run folder, as `adt tune` leaves it, read back into the view that the live run had. */

import { type Run, type RunView, recordRun, runView, shownSettings, viewBundle } from '../views/index.js'
import { type Displayable, displayable } from './host.js'
import { takeIn } from './progress.js'
import { readRunFolder } from './storedEvents.js'

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

async function readRun(folder: string, label: string): Promise<Run> {
  const { options, prompts, events } = readRunFolder(folder)
  const settings = Object.fromEntries(shownSettings({ options }).map(({ name, value }) => [name, value]))
  const record = recordRun({ label, settings, ...(prompts.length > 0 && { captions: prompts }) })
  let finished = false
  for await (const event of events()) {
    takeIn(record, event)
    finished ||= event.kind === 'done'
  }
  record.finish(finished ? 'done' : 'stopped')
  return record.run()
}
