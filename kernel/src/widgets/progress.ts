// A progress bar.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'
import type { Models } from './model.js'
import { isWhole, range } from './numbers.js'

export interface ProgressOptions {
  /** 0 by default. */
  min?: number
  /** 100 by default. */
  max?: number
  /** `min` by default. */
  value?: number
  description?: string
  /** Its colour; none in particular by default. */
  style?: '' | 'success' | 'info' | 'warning' | 'danger'
}

export interface ProgressBar {
  value: number
  max: number
  description: string
  style: NonNullable<ProgressOptions['style']>
  /** Shows it here and now. */
  show(): this
  /** Takes it off the page. */
  close(): void
  [Symbol.dispose](): void
}

/** @throws RangeError when the numbers do not make a range */
export function progressBar(models: Models, options: ProgressOptions = {}): ProgressBar {
  const { description = '', style = '' } = options
  const numbers = range('a progress bar', options)
  const kind = isWhole(numbers) ? 'IntProgress' : 'FloatProgress'
  const model = models.create(
    kind,
    { ...numbers, description, bar_style: style, ...models.surroundings('ProgressStyle') },
    { view: 'Progress' },
  )
  const text = () => `${[bar.description, `${bar.value} of ${bar.max}`].filter(Boolean).join(': ')}`
  const bar: ProgressBar = {
    get value() {
      return model.get('value') as number
    },
    set value(value) {
      model.set({ value })
    },
    get max() {
      return model.get('max') as number
    },
    set max(max) {
      model.set({ max })
    },
    get description() {
      return model.get('description') as string
    },
    set description(description) {
      model.set({ description })
    },
    get style() {
      return model.get('bar_style') as ProgressBar['style']
    },
    set style(style) {
      model.set({ bar_style: style })
    },
    show() {
      model.show(text())
      return bar
    },
    close: model.close,
    [Symbol.dispose]: model.close,
  }
  return Object.defineProperties(bar, {
    [Symbol.for('Jupyter.display')]: { value: (): Json => model.bundle(text()) },
    [inspect.custom]: { value: text },
  })
}
