import { InvalidArgumentError } from 'commander'

/** A number, as commander's parser of an option's value. */
export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('it must be a number.')
  return value
}

/** A number above 0. */
export function positive(text: string): number {
  const value = number(text)
  if (value <= 0) throw new InvalidArgumentError('it must be more than 0.')
  return value
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return text => {
    const value = number(text)
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`it must be a whole number of at least ${least}.`)
    }
    return value
  }
}

/** An option that may be given several times. */
export function several(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text]
}
