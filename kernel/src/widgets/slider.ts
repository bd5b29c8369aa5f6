// A slider, and what it is moved to.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'
import type { Models } from './model.js'
import { isWhole, range } from './numbers.js'

export interface SliderOptions {
  /** 0 by default. */
  min?: number
  /** 100 by default. */
  max?: number
  /** `min` by default. */
  value?: number
  /** 1 for whole numbers, a hundredth of the range for others, by default. */
  step?: number
  description?: string
  /** Whether it tells its value while it is being moved, not only when it is let go; it does by default. */
  continuous?: boolean
  onChange?(value: number): unknown
}

export interface Slider {
  value: number
  disabled: boolean
  /** Calls back with each value that the page sets. */
  onChange(handler: (value: number) => unknown): this
  /** Shows it here and now. */
  show(): this
  /** Takes it off the page. */
  close(): void
  [Symbol.dispose](): void
}

/** @throws RangeError when the numbers do not make a range */
export function slider(models: Models, options: SliderOptions = {}): Slider {
  const { description = '', continuous = true } = options
  const numbers = range('a slider', options)
  const whole = isWhole(numbers) && (options.step === undefined || Number.isInteger(options.step))
  const step = options.step ?? (whole ? 1 : (numbers.max - numbers.min) / 100)
  if (!(step > 0)) throw new RangeError(`a slider's step must be above 0, not ${step}`)
  const model = models.create(whole ? 'IntSlider' : 'FloatSlider', {
    ...numbers,
    step,
    description,
    continuous_update: continuous,
    disabled: false,
    orientation: 'horizontal',
    readout: true,
    readout_format: whole ? 'd' : `.${Math.max(2, Math.ceil(-Math.log10(step)))}f`,
    ...models.surroundings('SliderStyle'),
  })
  const text = () => [description, control.value].filter(part => part !== '').join(': ')
  const control: Slider = {
    get value() {
      return model.get('value') as number
    },
    set value(value) {
      model.set({ value })
    },
    get disabled() {
      return model.get('disabled') as boolean
    },
    set disabled(disabled) {
      model.set({ disabled })
    },
    onChange(handler) {
      model.onChange(({ value }) => (typeof value === 'number' ? handler(value) : undefined))
      return control
    },
    show() {
      model.show(text())
      return control
    },
    close: model.close,
    [Symbol.dispose]: model.close,
  }
  if (options.onChange) control.onChange(options.onChange)
  return Object.defineProperties(control, {
    [Symbol.for('Jupyter.display')]: { value: (): Json => model.bundle(text()) },
    [inspect.custom]: { value: text },
  })
}
