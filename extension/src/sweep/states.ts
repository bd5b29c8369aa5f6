/** A shape for each state of a trial, so that states are told apart without their colours and at a glance. */

import type { SweepTrial } from '../../../src/views/schema.js'

/** Paths in a box of 12 × 12, drawn as lines. */
const shapes: Readonly<Record<SweepTrial['state'], string>> = {
  waiting: 'M6 1.75a4.25 4.25 0 1 0 .01 0M6 3.75V6l1.6 1.2',
  running: 'M3.5 2v8l6.5-4z',
  interrupted: 'M4 2.5v7M8 2.5v7',
  lost: 'M2 4.5a5.6 5.6 0 0 1 8 0M4 6.8a2.8 2.8 0 0 1 4 0M1.5 1.5l9 9',
  finished: 'M2 6.5l2.8 2.8L10 3',
  stopped: 'M2.75 2.75h6.5v6.5h-6.5z',
  failed: 'M2.5 2.5l7 7M9.5 2.5l-7 7',
}

/** The shape of a state; the word stands beside it. */
export function stateIcon(state: SweepTrial['state']): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 12 12')
  svg.setAttribute('class', `jp-AdtView-state jp-mod-${state}`)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', shapes[state])
  svg.append(path)
  return svg
}
