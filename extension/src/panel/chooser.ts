/** Which run to open: those of open notebooks, and the run folders near by. */

import { Dialog, InputDialog, type ISessionContext } from '@jupyterlab/apputils'
import type { Contents } from '@jupyterlab/services'
import type { Widget } from '@lumino/widgets'
import { statusWord } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'
import { kernelRuns } from '../live/index.js'
import type { Target } from './panel.js'

interface Choice {
  readonly text: string
  readonly target: Target
}

/** Folders that are looked into, at most: the rest is typed. */
const mostFolders = 60
const deepest = 3
const skipped = /^(node_modules|checkpoints|samples|judged|model|dist|lib|\..*)$/

/** @returns undefined when the reader chose nothing */
export async function chooseRun(options: {
  readonly contents: Contents.IManager
  readonly widgets: Iterable<Widget>
  /** The folder of the file browser. */
  readonly folder: string
}): Promise<Target | undefined> {
  const { contents, widgets, folder } = options
  const [ofKernels, folders] = await Promise.all([choicesOfKernels(widgets), runFolders(contents, folder)])
  const choices: Choice[] = [...ofKernels, ...folders.map(path => ({ text: path, target: { path } }))]
  const { button, value } = await InputDialog.getItem({
    title: trans.__('Open run'),
    label: trans.__('A run of an open notebook, or a folder that holds config.json and metrics.jsonl:'),
    items: choices.map(({ text }) => text),
    current: 0,
    editable: true,
    okLabel: trans.__('Open'),
    renderer: new WideRenderer(),
  })
  const typed = value?.trim()
  if (!button.accept || !typed) return undefined
  return choices.find(({ text }) => text === typed)?.target ?? { path: typed.replace(/^\/+|\/+$/g, '') }
}

/** Paths are long: the field is as wide as the dialog. */
class WideRenderer extends Dialog.Renderer {
  override createBody(value: Dialog.Body<unknown>): Widget {
    const body = super.createBody(value)
    body.addClass('jp-AdtChooser')
    return body
  }
}

async function choicesOfKernels(widgets: Iterable<Widget>): Promise<Choice[]> {
  const sessions = [...widgets].flatMap(widget => {
    const { sessionContext } = widget as Widget & { sessionContext?: ISessionContext }
    return sessionContext?.session?.kernel ? [{ path: sessionContext.path, kernel: sessionContext.session.kernel }] : []
  })
  const found = await Promise.all(
    sessions.map(async ({ path, kernel }) => {
      const runs = kernel.name === 'adt' ? await kernelRuns(kernel) : []
      return runs.map(({ run, label, status }, i) => ({
        text: `${label} (${statusWord(status)}${runs.length > 1 ? ` ${runs.length - i}` : ''}, ${path})`,
        target: { notebook: path, run, label },
      }))
    }),
  )
  return found.flat()
}

/** Run folders at or below the browser's folder and `runs/`, those that changed last first. */
async function runFolders(contents: Contents.IManager, start: string): Promise<string[]> {
  const found: { path: string; changed: string }[] = []
  const queue = [...new Set([start, 'runs'])].map(path => ({ path, depth: 0 }))
  const seen = new Set<string>()
  for (let looked = 0; looked < mostFolders && queue.length > 0; looked++) {
    const { path, depth } = queue.shift()!
    if (seen.has(path)) continue
    seen.add(path)
    const listed = await contents.get(path, { type: 'directory', content: true }).catch(() => undefined)
    const entries = (listed?.content ?? []) as Contents.IModel[]
    const metrics = entries.find(({ name }) => name === 'metrics.jsonl')
    if (metrics && entries.some(({ name }) => name === 'config.json')) {
      found.push({ path, changed: metrics.last_modified })
      continue
    }
    if (depth === deepest) continue
    for (const { type, name, path } of entries) {
      if (type === 'directory' && !skipped.test(name)) queue.push({ path, depth: depth + 1 })
    }
  }
  return found.sort((a, b) => b.changed.localeCompare(a.changed)).map(({ path }) => path)
}
