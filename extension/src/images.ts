/** Pictures with captions, in a grid. */

import type { ImagesView } from '../../src/views/schema.js'
import { trans } from '../../src/views/words.js'
import { element } from './dom.js'
import type { ViewComponent } from './viewComponent.js'

/** Pictures shrink to this many pixels before a grid that is too wide scrolls. */
const narrowest = 48

export function createImages(): ViewComponent {
  const node = element('section', { class: 'jp-AdtView-images' })
  return {
    node,
    async update(view) {
      if (view.view === 'images') node.replaceChildren(...parts(view))
    },
    redraw() {},
    dispose() {},
  }
}

function parts(view: ImagesView): HTMLElement[] {
  const columns = Math.min(view.columns, Math.max(1, view.tiles.length))
  const labelled = view.rowLabels !== undefined
  const grid = element('div', {
    class: `jp-AdtView-grid${view.pixelated ? ' jp-mod-pixelated' : ''}`,
    style: `grid-template-columns: ${labelled ? 'max-content ' : ''}repeat(${columns}, minmax(${Math.min(narrowest, view.width)}px, ${view.width}px))`,
  })
  if (view.columnLabels) {
    if (labelled) grid.append(element('span', {}))
    for (let c = 0; c < columns; c++) {
      grid.append(element('span', { class: 'jp-AdtView-columnLabel' }, view.columnLabels[c] ?? ''))
    }
  }
  view.tiles.forEach((tile, i) => {
    const row = Math.floor(i / columns)
    if (labelled && i % columns === 0) {
      grid.append(element('span', { class: 'jp-AdtView-rowLabel' }, view.rowLabels?.[row] ?? ''))
    }
    const names = [tile.caption, view.rowLabels?.[row], view.columnLabels?.[i % columns]].filter(Boolean)
    const alt = names.length > 0 ? names.join(', ') : trans.__('image %1', i + 1)
    const figure = element('figure', {}, element('img', { src: tile.image, alt, width: String(view.width) }))
    if (tile.caption) figure.append(element('figcaption', {}, tile.caption))
    grid.append(figure)
  })
  const title = view.title ? [element('h4', { class: 'jp-AdtView-title' }, view.title)] : []
  return [...title, element('div', { class: 'jp-AdtView-scroll' }, grid)]
}
