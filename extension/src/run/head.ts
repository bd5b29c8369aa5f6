/** Above everything else of a run: its name, its settings, how far it is, and what the reader should know. */

import { runColours } from '../../../src/views/lines.js'
import type { Run, RunView } from '../../../src/views/schema.js'
import { changeText, noteText } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { swatch } from '../legend.js'
import { progressShare, progressWords } from './model.js'

const mostChanges = 4

export function headsOf(view: RunView): HTMLElement[] {
  const title = view.title ? [element('h4', { class: 'jp-AdtView-title' }, view.title)] : []
  const [only, ...others] = view.runs
  if (only && others.length === 0) return [...title, headOf(only)]
  const colours = runColours(view.runs)
  const rows = view.runs.flatMap((run, i) => [
    swatch({ colour: colours[i]!, dashed: false }),
    element('strong', {}, run.label),
    settingsOf(run),
    element('span', { class: 'jp-AdtView-status' }, progressWords(run, Date.now())),
  ])
  return [...title, element('div', { class: 'jp-AdtView-runKeys' }, ...rows)]
}

function headOf(run: Run): HTMLElement {
  const share = progressShare(run)
  const words = progressWords(run, Date.now())
  const bar = element('div', {
    class: `jp-AdtView-bar jp-mod-${run.status}`,
    role: 'progressbar',
    'aria-label': run.label,
    'aria-valuemin': '0',
    'aria-valuemax': '100',
    'aria-valuenow': String(Math.round(100 * share)),
    'aria-valuetext': words,
  })
  bar.append(element('div', { style: `width: ${(100 * share).toFixed(2)}%` }))
  const top = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, run.label),
    settingsOf(run),
  )
  return element(
    'div',
    {},
    top,
    bar,
    element('p', { class: 'jp-AdtView-status' }, words),
    ...changesOf(run),
    ...notesOf(run),
  )
}

/** What was changed while it went on: at most the last few, in one line. */
function changesOf({ changes = [] }: Run): HTMLElement[] {
  if (changes.length === 0) return []
  const more = changes.length > mostChanges ? '… · ' : ''
  const words = changes.slice(-mostChanges).map(changeText).join(' · ')
  return [element('p', { class: 'jp-AdtView-status' }, trans.__('changed: %1', more + words))]
}

function notesOf(run: Run): HTMLElement[] {
  const said = [...(run.failure ? [run.failure] : []), ...(run.notes ?? []).map(noteText)]
  return said.map(words => element('p', { class: 'jp-AdtView-problem' }, words))
}

function settingsOf(run: Run): HTMLElement {
  const pairs = run.settings.map(({ name, value }) =>
    element('span', {}, element('span', { class: 'jp-AdtView-name' }, name), ` ${value}`),
  )
  return element('div', { class: 'jp-AdtView-settings' }, ...pairs)
}
