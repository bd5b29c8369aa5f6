/** Which of several runs a part shows that can only show one. */

import type { Run } from '../../src/views/schema.js'
import { trans } from '../../src/views/words.js'
import { element } from './dom.js'
import { ownKeys } from './parts/index.js'

export interface RunChoice {
  /** Hidden where there is nothing to choose. */
  readonly node: HTMLElement
  /** @returns the run that is chosen */
  update(runs: readonly Run[]): Run
}

export function createRunChoice(onChange: () => void): RunChoice {
  const list = ownKeys(element('select', {}))
  const node = element(
    'label',
    { class: 'jp-AdtView-select', 'data-export': 'no' },
    element('span', {}, trans.__('run')),
    list,
  )
  let drawn = ''
  list.addEventListener('change', onChange)
  return {
    node,
    update(runs) {
      node.hidden = runs.length < 2
      const names = runs.map(({ label }) => label).join('\n')
      if (names !== drawn) {
        const at = Math.max(0, list.selectedIndex)
        list.replaceChildren(...runs.map(({ label }) => element('option', {}, label)))
        list.selectedIndex = Math.min(at, runs.length - 1)
        drawn = names
      }
      return runs[list.selectedIndex] ?? runs[0]!
    },
  }
}
