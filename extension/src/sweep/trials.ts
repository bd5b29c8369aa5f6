/** The trials of a sweep as a table that sorts by any of its columns; of many trials only the lines in sight are made. */

import type { SweepTrial, SweepView } from '../../../src/views/schema.js'
import { bestFirst, type Column, sortTrials, trialColumns } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { stateIcon } from './states.js'

export interface TrialsTable {
  readonly node: HTMLElement
  /**
   * @param shown which trials have lines
   * @param picked the key of the trial that was picked
   */
  update(view: SweepView, shown: (trial: SweepTrial) => boolean, picked: string | undefined): void
}

export interface TrialsEvents {
  /** The reader points at a trial, with mouse or keyboard, or leaves. */
  readonly onPoint: (trial: string | undefined) => void
  /** The reader picks a trial, or the same again to let go of it. */
  readonly onPick: (trial: string) => void
}

/** So many fit the table's height without scrolling. */
const fewTrials = 12
/** Height of a line in pixels, as the style sheet has it. */
const lineHeight = 22
/** Lines made beyond those in sight, above and below. */
const beyond = 12
const page = 10

export function createTrials({ onPoint, onPick }: TrialsEvents): TrialsTable {
  const head = element('tr', { 'aria-rowindex': '1' })
  const above = spacer()
  const below = spacer()
  const body = element('tbody', {}, above, below)
  const widths = element('colgroup')
  const table = element(
    'table',
    { role: 'grid', 'aria-label': trans.__('Trials') },
    widths,
    element('thead', {}, head),
    body,
  )
  const node = element('div', { class: 'jp-AdtView-table jp-AdtView-trials', tabindex: '-1' }, table)
  const lines = new Map<string, HTMLTableRowElement>()
  let columns: readonly Column[] = []
  let order: { readonly column: string; readonly descending: boolean } | undefined
  let cursor: string | undefined
  let last: { view: SweepView; shown: (trial: SweepTrial) => boolean; picked: string | undefined } | undefined
  let trials: readonly SweepTrial[] = []

  const sortBy = (column: string) => {
    const again = order?.column === column
    // A third press gives the first order back: the best at the top.
    order = again ? (order!.descending ? undefined : { column, descending: true }) : { column, descending: false }
    node.scrollTop = 0
    if (last) fill(last.view, last.shown)
  }
  const headOf = (column: Column) => {
    const button = element('button', { type: 'button' }, column.name)
    button.addEventListener('click', () => sortBy(column.id))
    return element('th', { scope: 'col', ...(column.numeric ? {} : { class: 'jp-mod-text' }) }, button)
  }
  const lineOf = (key: string) => {
    const line = element(
      'tr',
      { tabindex: '-1' },
      ...columns.map(({ numeric }) => element('td', numeric ? {} : { class: 'jp-mod-text' })),
    )
    line.addEventListener('pointerenter', () => onPoint(key))
    line.addEventListener('click', () => {
      line.focus()
      onPick(key)
    })
    line.addEventListener('focus', () => {
      if (cursor !== undefined) lines.get(cursor)?.setAttribute('tabindex', '-1')
      cursor = key
      line.tabIndex = 0
      onPoint(key)
    })
    return line
  }
  body.addEventListener('pointerleave', () => onPoint(undefined))
  node.addEventListener('focusout', () => onPoint(undefined))
  node.addEventListener('scroll', () => place(), { passive: true })
  node.addEventListener('keydown', event => {
    if ((event.target as HTMLElement).closest('thead')) return
    const at = trials.findIndex(({ key }) => key === cursor)
    const next = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: trials.length - 1,
    }[event.key]
    const picks = event.key === 'Enter' || event.key === ' '
    if (next === undefined && !picks) return
    event.preventDefault()
    event.stopPropagation()
    if (next !== undefined) focusAt(Math.max(0, Math.min(trials.length - 1, next)))
    else if (cursor !== undefined) onPick(cursor)
  })

  const focusAt = (index: number) => {
    const trial = trials[index]
    if (!trial) return
    const top = index * lineHeight
    const room = node.clientHeight - head.offsetHeight
    if (top < node.scrollTop) node.scrollTop = top
    if (top + lineHeight > node.scrollTop + room) node.scrollTop = top + lineHeight - room
    place()
    lines.get(trial.key)?.focus({ preventScroll: true })
  }
  /** Makes the lines in sight, and room for the others. */
  const place = () => {
    const sight = Math.ceil((node.clientHeight || 320) / lineHeight)
    const from = Math.max(0, Math.min(trials.length - sight, Math.floor(node.scrollTop / lineHeight)) - beyond)
    const to = Math.min(trials.length, from + sight + 2 * beyond)
    const seen = trials.slice(from, to).map((trial, i) => draw(trial, from + i))
    const focused = body.contains(document.activeElement) ? (document.activeElement as HTMLElement) : undefined
    const isPlaced = seen.length === body.children.length - 2 && seen.every((line, i) => line === body.children[i + 1])
    if (!isPlaced) {
      body.replaceChildren(above, ...seen, below)
      if (focused && focused !== document.activeElement) (focused.isConnected ? focused : node).focus()
    }
    above.hidden = from === 0
    below.hidden = to === trials.length
    above.style.height = `${from * lineHeight}px`
    below.style.height = `${(trials.length - to) * lineHeight}px`
    const kept = new Set(trials.slice(from, to).map(({ key }) => key))
    for (const key of lines.keys()) if (!kept.has(key)) lines.delete(key)
    if (cursor === undefined || !kept.has(cursor)) seen[0]?.setAttribute('tabindex', '0')
  }
  const draw = (trial: SweepTrial, index: number) => {
    let line = lines.get(trial.key)
    if (!line) {
      line = lineOf(trial.key)
      lines.set(trial.key, line)
    }
    line.className = `jp-mod-${trial.state}`
    line.title = trial.message ?? ''
    line.setAttribute('aria-rowindex', String(index + 2))
    line.setAttribute('aria-selected', String(trial.key === last?.picked))
    columns.forEach((column, i) => {
      const text = column.text(trial)
      const cell = line.cells[i]!
      if (cell.textContent === text) return
      if (column.id === 'state') cell.replaceChildren(stateIcon(trial.state), text)
      else cell.textContent = text
    })
    return line
  }
  const fill = (view: SweepView, shown: (trial: SweepTrial) => boolean) => {
    trials = ordered(view).filter(shown)
    if (!trials.some(({ key }) => key === cursor)) cursor = trials[0]?.key
    node.classList.toggle('jp-mod-long', view.trials.length > fewTrials)
    table.setAttribute('aria-rowcount', String(trials.length + 1))
    columns.forEach((column, i) => {
      const sorted = column.id === order?.column ? (order.descending ? 'descending' : 'ascending') : 'none'
      head.cells[i]!.setAttribute('aria-sort', sorted)
    })
    place()
  }
  const ordered = (view: SweepView) => {
    const sorting = columns.find(({ id }) => id === order?.column)
    return sorting ? sortTrials(view.trials, sorting, order!.descending) : bestFirst(view)
  }

  return {
    node,
    update(view, shown, picked) {
      last = { view, shown, picked }
      const wanted = trialColumns(view).filter(column => tellsApart(column, view))
      const same =
        wanted.length === columns.length &&
        wanted.every(({ id, name }, i) => id === columns[i]!.id && name === columns[i]!.name)
      columns = wanted
      if (!same) {
        lines.clear()
        head.replaceChildren(...columns.map(headOf))
      }
      widths.replaceChildren(...columns.map(column => element('col', { style: `width: ${widthOf(column, view)}` })))
      fill(view, shown)
    },
  }
}

/** Whether a column says anything here: a method that all have stands in every line for nothing. */
function tellsApart({ id }: Column, { trials }: SweepView): boolean {
  return id !== 'method' || trials.some(({ method }) => method !== trials[0]!.method)
}

/** Wide enough for every trial, in sight or not: columns must not move while scrolling. */
function widthOf(column: Column, { trials }: SweepView): string {
  const longest = trials.reduce((most, trial) => Math.max(most, column.text(trial).length), column.name.length)
  // Letters are narrower than digits, most of them.
  const width = Math.min(28, longest) * (column.numeric ? 1 : 0.9)
  return `calc(${width.toFixed(1)}ch + ${column.id === 'state' ? 32 : 18}px)`
}

function spacer(): HTMLTableRowElement {
  return element('tr', { role: 'presentation', 'aria-hidden': 'true' })
}
