/** Choices among a few words. */

import { element } from '../dom.js'
import { ownKeys } from './ownKeys.js'

export interface Option<T extends string> {
  readonly value: T
  readonly text: string
}

let groups = 0

/** A choice of one, as radio buttons: arrow keys work without further ado. */
export function choice<T extends string>(
  label: string,
  options: readonly Option<T>[],
  onChange: (value: T) => void,
): { readonly node: HTMLElement; set(value: T): void } {
  const { node, inputs } = buttons('radio', label, options)
  for (const input of inputs) input.addEventListener('change', () => onChange(input.value as T))
  return {
    node,
    set(value) {
      for (const input of inputs) input.checked = input.value === value
    },
  }
}

/** A choice of any of them, but of one at least. */
export function toggles<T extends string>(
  label: string,
  options: readonly Option<T>[],
  onChange: (values: readonly T[]) => void,
): { readonly node: HTMLElement; set(values: readonly T[]): void } {
  const { node, inputs } = buttons('checkbox', label, options)
  const checked = () => inputs.filter(input => input.checked).map(input => input.value as T)
  for (const input of inputs) {
    input.addEventListener('change', () => {
      if (checked().length === 0) input.checked = true
      else onChange(checked())
    })
  }
  return {
    node,
    set(values) {
      for (const input of inputs) input.checked = values.includes(input.value as T)
    },
  }
}

function buttons(type: 'radio' | 'checkbox', label: string, options: readonly Option<string>[]) {
  const name = `jp-adt-choice-${++groups}`
  const inputs = options.map(({ value }) => element('input', { type, name, value }))
  const labels = options.map(({ text }, i) => element('label', {}, inputs[i]!, element('span', {}, text)))
  const role = type === 'radio' ? 'radiogroup' : 'group'
  const node = ownKeys(
    element('div', { class: 'jp-AdtView-choice', role, 'aria-label': label, 'data-export': 'no' }, ...labels),
  )
  return { node, inputs }
}
