/** One picture over another: to the left of the edge the first shows, to the right the second. */

import { element } from '../dom.js'
import type { Pair } from './model.js'

export interface Wipe {
  readonly node: HTMLElement
  /** @param share where the edge is, in hundredths of the width */
  set(share: number): void
}

/** @param onMove the reader drags the edge there */
export function wipe(
  { a, b }: Pair,
  prompt: string,
  left: string,
  right: string,
  onMove: (share: number) => void,
): Wipe {
  const under = b ? [element('img', { src: b, alt: `${prompt}, ${right}`, draggable: 'false' })] : []
  const over = a
    ? [element('img', { src: a, alt: `${prompt}, ${left}`, draggable: 'false', class: 'jp-mod-over' })]
    : []
  const edge = element('i', { 'aria-hidden': 'true' })
  const stack = element('div', { class: 'jp-AdtView-wipe' }, ...under, ...over, edge)
  const follow = (event: PointerEvent) => {
    const { left, width } = stack.getBoundingClientRect()
    onMove(Math.min(100, Math.max(0, (100 * (event.clientX - left)) / width)))
  }
  stack.addEventListener('pointerdown', event => {
    stack.setPointerCapture(event.pointerId)
    follow(event)
  })
  stack.addEventListener('pointermove', event => {
    if (stack.hasPointerCapture(event.pointerId)) follow(event)
  })
  return {
    node: element('figure', {}, stack, element('figcaption', {}, prompt)),
    set(share) {
      stack.style.setProperty('--edge', `${share}%`)
    },
  }
}
