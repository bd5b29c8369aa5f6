import { element } from '../dom.js'

/** The words that stand where there is nothing to draw, or not all of it: why, and what would bring it. */
export function hint(): { readonly node: HTMLElement; set(words: string | undefined): void } {
  const node = element('p', { class: 'jp-AdtView-hint', hidden: '' })
  return {
    node,
    set(words) {
      node.textContent = words ?? ''
      node.hidden = words === undefined
    },
  }
}
