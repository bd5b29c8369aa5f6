import { element } from '../dom.js'
import { ownKeys } from './ownKeys.js'

export interface Range {
  readonly min: number
  readonly max: number
  readonly value: number
}

/**
 * A whole number to slide, with its name in front and its value behind.
 * @param text how the value is written
 */
export function slider(
  label: string,
  onInput: (value: number) => void,
  text: (value: number) => string = String,
): { readonly node: HTMLElement; set(range: Range): void } {
  const input = element('input', { type: 'range', step: '1', 'aria-label': label })
  const output = element('output', {})
  const write = () => {
    const words = text(Number(input.value))
    output.textContent = words
    input.setAttribute('aria-valuetext', words)
  }
  input.addEventListener('input', () => {
    write()
    onInput(Number(input.value))
  })
  return {
    node: ownKeys(
      element('label', { class: 'jp-AdtView-slider', 'data-export': 'no' }, element('span', {}, label), input, output),
    ),
    set({ min, max, value }) {
      input.min = String(min)
      input.max = String(max)
      input.value = String(value)
      write()
    },
  }
}
