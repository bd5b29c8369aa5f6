/** The trials of a sweep as a table that sorts by any of its columns, updated in place. */

import type { SweepTrial, SweepView } from '../../src/views/schema.js'
import { bestFirst, type Column, sortTrials, trialColumns } from '../../src/views/sweepWords.js'
import { element } from './dom.js'

export interface TrialsTable {
  readonly node: HTMLElement
  /** @param shown which trials have rows */
  update(view: SweepView, shown: (trial: SweepTrial) => boolean): void
}

/** So many fit the table's height without scrolling. */
const fewTrials = 12

/** @param onPoint the reader points at a trial, with mouse or keyboard, or leaves */
export function createTrials(onPoint: (trial: string | undefined) => void): TrialsTable {
  const head = element('tr', {})
  const body = element('tbody', {})
  const table = element('table', {}, element('thead', {}, head), body)
  const node = element(
    'div',
    { class: 'jp-AdtView-table jp-AdtView-trials', role: 'region', 'aria-label': 'Trials' },
    table,
  )
  const lines = new Map<string, HTMLTableRowElement>()
  let columns: readonly Column[] = []
  let order: { readonly column: string; readonly descending: boolean } | undefined
  let cursor: string | undefined
  let last: { view: SweepView; shown: (trial: SweepTrial) => boolean } | undefined

  const sortBy = (column: string) => {
    const again = order?.column === column
    // A third press gives the first order back: the best at the top.
    order = again ? (order!.descending ? undefined : { column, descending: true }) : { column, descending: false }
    if (last) fill(last.view, last.shown)
  }
  const headOf = (column: Column) => {
    const button = element('button', { type: 'button' }, column.name)
    button.addEventListener('click', () => sortBy(column.id))
    const cell = element('th', { scope: 'col', ...(column.numeric ? {} : { class: 'jp-mod-text' }) }, button)
    return cell
  }
  const lineOf = (key: string) => {
    const line = element(
      'tr',
      { tabindex: '-1' },
      ...columns.map(({ numeric }) => element('td', numeric ? {} : { class: 'jp-mod-text' })),
    )
    line.addEventListener('pointerenter', () => onPoint(key))
    line.addEventListener('focus', () => {
      if (cursor !== undefined) lines.get(cursor)?.setAttribute('tabindex', '-1')
      cursor = key
      line.tabIndex = 0
      onPoint(key)
    })
    return line
  }
  body.addEventListener('pointerleave', () => onPoint(undefined))
  body.addEventListener('focusout', () => onPoint(undefined))
  body.addEventListener('keydown', event => {
    const at = event.target as HTMLElement
    const next = {
      ArrowDown: at.nextElementSibling,
      ArrowUp: at.previousElementSibling,
      Home: body.firstElementChild,
      End: body.lastElementChild,
    }[event.key]
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    ;(next as HTMLElement | null)?.focus()
  })

  const fill = (view: SweepView, shown: (trial: SweepTrial) => boolean) => {
    const sorting = columns.find(({ id }) => id === order?.column)
    const all = sorting ? sortTrials(view.trials, sorting, order!.descending) : bestFirst(view)
    const rows = all.filter(shown).map(trial => {
      let line = lines.get(trial.key)
      if (!line) {
        line = lineOf(trial.key)
        lines.set(trial.key, line)
      }
      line.className = `jp-mod-${trial.state}`
      line.title = trial.message ?? ''
      columns.forEach((column, i) => {
        const text = column.text(trial)
        const cell = line.cells[i]!
        if (cell.textContent !== text) cell.textContent = text
      })
      return line
    })
    const placed = rows.length === body.children.length && rows.every((row, i) => row === body.children[i])
    if (!placed) {
      const focused = rows.find(row => row === document.activeElement)
      body.replaceChildren(...rows)
      focused?.focus()
    }
    node.classList.toggle('jp-mod-long', all.length > fewTrials)
    if (cursor === undefined || !lines.get(cursor)?.isConnected) {
      cursor = rows.length > 0 ? all.filter(shown)[0]!.key : undefined
      rows[0]?.setAttribute('tabindex', '0')
    }
    columns.forEach((column, i) => {
      const sorted = column.id === order?.column ? (order.descending ? 'descending' : 'ascending') : 'none'
      head.cells[i]!.setAttribute('aria-sort', sorted)
    })
  }

  return {
    node,
    update(view, shown) {
      last = { view, shown }
      const wanted = trialColumns(view)
      const same =
        wanted.length === columns.length &&
        wanted.every(({ id, name }, i) => id === columns[i]!.id && name === columns[i]!.name)
      columns = wanted
      if (!same) {
        lines.clear()
        head.replaceChildren(...columns.map(headOf))
      }
      fill(view, shown)
    },
  }
}
