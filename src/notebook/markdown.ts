/** Text for a cell. */

import { type Displayable, displayable } from './host.js'

/** Markdown that is computed, so that what a notebook says of its figures follows from them. */
export function markdown(...lines: readonly string[]): Displayable {
  const text = lines.join('\n')
  return displayable({}, () => ({ 'text/markdown': text, 'text/plain': text }))
}
