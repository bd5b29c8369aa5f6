/** The heatmap of a sweep: a grid of cells that the keyboard walks through, updated in place. */

import { number } from '../../../src/views/format.js'
import type { SweepView } from '../../../src/views/schema.js'
import { type Cell, type Heatmap, shadesOf } from '../../../src/views/sweepModel.js'
import { cellText, cellWords, heatmapWords, namesOf, paperText, scalarText } from '../../../src/views/sweepWords.js'
import { element } from '../dom.js'

export interface Place {
  readonly row: number
  readonly column: number
}

export interface HeatmapEvents {
  /** The reader points at a cell, with mouse or keyboard, or leaves. */
  readonly onPoint: (place: Place | undefined) => void
  /** The reader picks a cell, or the same again to let go of it. */
  readonly onPick: (place: Place) => void
}

export interface HeatmapGrid {
  readonly node: HTMLElement
  update(view: SweepView, heatmap: Heatmap, picked: Cell | undefined): void
}

export function createHeatmap({ onPoint, onPick }: HeatmapEvents): HeatmapGrid {
  const grid = element('div', { class: 'jp-AdtView-heatmap', role: 'grid' })
  const key = element('div', { class: 'jp-AdtView-shades', 'aria-hidden': 'true' })
  const node = element('div', { class: 'jp-AdtView-scroll' }, grid, key)
  let boxes: HTMLElement[][] = []
  let drawn = ''
  let cursor: Place = { row: 0, column: 0 }

  const focus = (place: Place) => {
    boxes[cursor.row]?.[cursor.column]?.setAttribute('tabindex', '-1')
    cursor = place
    const box = boxes[place.row]![place.column]!
    box.tabIndex = 0
    box.focus()
  }
  const build = (view: SweepView, { across, down, cells }: Heatmap) => {
    const name = namesOf(view)
    const corner = down ? `${name(down.name)} ↓ ${name(across.name)} →` : `${name(across.name)} →`
    const heads = across.values.map(value =>
      element('span', { role: 'columnheader', class: 'jp-AdtView-columnLabel' }, scalarText(value)),
    )
    const head = element('span', { role: 'columnheader', class: 'jp-AdtView-corner' }, corner)
    boxes = cells.map((row, r) => row.map((_, c) => box({ row: r, column: c })))
    const rows = boxes.map((row, r) => {
      const label = element(
        'span',
        { role: 'rowheader', class: 'jp-AdtView-rowLabel' },
        down ? scalarText(down.values[r]!) : '',
      )
      return element('div', { role: 'row' }, label, ...row)
    })
    grid.style.gridTemplateColumns = `max-content repeat(${across.values.length}, minmax(52px, 76px))`
    grid.replaceChildren(element('div', { role: 'row' }, head, ...heads), ...rows)
    cursor = { row: Math.min(cursor.row, rows.length - 1), column: Math.min(cursor.column, heads.length - 1) }
    boxes[cursor.row]![cursor.column]!.tabIndex = 0
  }
  const box = (place: Place) => {
    const made = element('div', { role: 'gridcell', tabindex: '-1', class: 'jp-AdtView-cell' })
    made.append(element('span', {}), element('small', {}), element('small', { class: 'jp-AdtView-paper' }))
    made.addEventListener('pointerenter', () => onPoint(place))
    made.addEventListener('focus', () => onPoint(place))
    made.addEventListener('click', () => {
      focus(place)
      onPick(place)
    })
    return made
  }
  grid.addEventListener('pointerleave', () => onPoint(undefined))
  grid.addEventListener('focusout', () => onPoint(undefined))
  grid.addEventListener('keydown', event => {
    const next = move(event.key)
    if (!next && event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    event.stopPropagation()
    if (next) focus(next)
    else onPick(cursor)
  })
  const move = (pressed: string): Place | undefined => {
    const { row, column } = cursor
    const wanted = {
      ArrowRight: { row, column: column + 1 },
      ArrowLeft: { row, column: column - 1 },
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      Home: { row, column: 0 },
      End: { row, column: (boxes[0]?.length ?? 1) - 1 },
    }[pressed]
    if (!wanted) return undefined
    return boxes[wanted.row]?.[wanted.column] ? wanted : cursor
  }

  return {
    node,
    update(view, heatmap, picked) {
      const shape = JSON.stringify([heatmap.across, heatmap.down])
      if (shape !== drawn) build(view, heatmap)
      drawn = shape
      grid.classList.toggle('jp-mod-paper', view.paper !== undefined)
      grid.setAttribute('aria-label', heatmapWords(view))
      const shades = shadesOf(heatmap.cells.flat(), view.metric.better)
      heatmap.cells.forEach((row, r) => {
        row.forEach((cell, c) => {
          const made = boxes[r]![c]!
          const { main, note } = cellText(cell)
          const words = cellWords(view, heatmap, r, c)
          const kinds = ['jp-AdtView-cell', `jp-mod-${cell.kind}`]
          if (cell === heatmap.best) kinds.push('jp-mod-best')
          made.className = kinds.join(' ')
          made.setAttribute('aria-selected', String(cell === picked))
          made.setAttribute('aria-label', words.join(', '))
          made.title = words.join('\n')
          made.style.setProperty('--shade', cell.mean === null || !shades ? '0' : shades.shade(cell.mean).toFixed(3))
          made.children[0]!.textContent = cell === heatmap.best ? `${main} ★` : main
          made.children[2]!.textContent = paperText(view, cell)
          made.children[1]!.textContent = note
        })
      })
      key.replaceChildren(...(shades ? keyOf(view, shades) : []))
    },
  }
}

/** What the colours mean, from worst to best. */
function keyOf(view: SweepView, { best, worst, clipped }: NonNullable<ReturnType<typeof shadesOf>>): HTMLElement[] {
  const beyond = clipped ? (view.metric.better === 'lower' ? '≥ ' : '≤ ') : ''
  return [
    element('span', {}, view.metric.name),
    element('span', {}, `${beyond}${number(worst)}`),
    element('span', { class: 'jp-AdtView-ramp' }),
    element('span', {}, number(best)),
  ]
}
