import { number } from '../../../src/views/format.js'
import type { NumbersTable } from '../../../src/views/numbers.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { ownKeys } from './ownKeys.js'

/** More rows than anybody reads here; the CSV has them all. */
const mostRows = 1000

/** The numbers behind a drawing, made when they are first opened: for reading, for copying, for screen readers. */
export function tableTwin(summary = trans.__('Numbers')): {
  readonly node: HTMLElement
  update(table: () => NumbersTable): void
} {
  const holder = element('div', { class: 'jp-AdtView-table', tabindex: '0', role: 'region', 'aria-label': summary })
  const more = element('p', { class: 'jp-AdtView-hint', hidden: '' })
  const node = ownKeys(
    element('details', { class: 'jp-AdtView-numbers' }, element('summary', {}, summary), holder, more),
  )
  let fill = () => {}
  node.addEventListener('toggle', () => fill())
  return {
    node,
    update(table) {
      fill = () => {
        if (!node.open) return
        const { head, body } = table()
        const columns = element('tr', {}, ...head.map(name => element('th', { scope: 'col' }, name)))
        const rows = body
          .slice(0, mostRows)
          .map(cells =>
            element('tr', {}, ...cells.map(cell => element('td', {}, typeof cell === 'string' ? cell : number(cell)))),
          )
        holder.replaceChildren(element('table', {}, element('thead', {}, columns), element('tbody', {}, ...rows)))
        more.hidden = body.length <= mostRows
        more.textContent = trans.__('The first %1 of %2 rows; Export has them all.', mostRows, body.length)
      }
      fill()
    },
  }
}
