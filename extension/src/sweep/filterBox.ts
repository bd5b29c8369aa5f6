/** The line in which trials are filtered, what is wrong with it, and how many pass. */

import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { ownKeys } from '../parts/index.js'

export interface FilterBox {
  readonly node: HTMLElement
  readonly text: string
  /** @param said how many pass, or what was not understood */
  update(text: string, said: string, wrong: boolean): void
}

export function createFilterBox(onChange: (text: string) => void): FilterBox {
  const input = element('input', {
    type: 'search',
    'aria-label': trans.__('Filter trials'),
    placeholder: trans.__('Filter: %1', 'running λ=0.3..0.7 fd<20'),
    title: trans.__(
      'Words that a trial must have, and demands on columns, separated by spaces: %1',
      'running λ=0.3..0.7 fd<20 method=ADT|FT',
    ),
    spellcheck: 'false',
    autocomplete: 'off',
  })
  const count = element('span', { class: 'jp-AdtView-count', role: 'status' })
  input.addEventListener('input', () => onChange(input.value))
  input.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || input.value === '') return
    event.preventDefault()
    onChange('')
  })
  return {
    node: ownKeys(element('div', { class: 'jp-AdtView-filter' }, input, count)),
    get text() {
      return input.value
    },
    update(text, said, wrong) {
      if (input.value !== text) input.value = text
      input.setAttribute('aria-invalid', String(wrong))
      if (count.textContent !== said) count.textContent = said
    },
  }
}
