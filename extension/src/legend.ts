/** A legend; where its lines can be left out, its entries switch them off and on. */

import type { Key } from '../../src/views/lines.js'
import { element } from './dom.js'

/** @param onToggle what is switched off; without it the entries only tell */
export function createLegend(onToggle?: (off: ReadonlySet<string>) => void): {
  readonly node: HTMLElement
  update(keys: readonly Key[]): void
} {
  const node = element('div', { class: 'jp-AdtView-legend' })
  const off = new Set<string>()
  let drawn = ''
  return {
    node,
    update(keys) {
      const wanted = JSON.stringify(keys)
      if (wanted === drawn) return
      drawn = wanted
      node.replaceChildren(
        ...keys.map(key => {
          if (!onToggle) return element('span', {}, swatch(key), element('span', {}, key.name))
          const button = element('button', { type: 'button', 'aria-pressed': String(!off.has(key.name)) })
          button.append(swatch(key), element('span', {}, key.name))
          button.addEventListener('click', () => {
            if (!off.delete(key.name)) off.add(key.name)
            button.setAttribute('aria-pressed', String(!off.has(key.name)))
            onToggle(off)
          })
          return button
        }),
      )
    },
  }
}

/** A short piece of the line that an entry stands for. */
export function swatch({ colour, dashed }: Pick<Key, 'colour' | 'dashed'>): HTMLElement {
  const kind = dashed ? ' jp-mod-dashed' : ''
  const variable = colour === undefined ? '--jp-ui-font-color1' : `--jp-adt-color${colour + 1}`
  return element('span', {
    class: `jp-AdtView-swatch${kind}`,
    style: `--swatch: var(${variable})`,
    'aria-hidden': 'true',
  })
}
