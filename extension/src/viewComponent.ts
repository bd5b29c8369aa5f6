import type { View } from '../../src/views/schema.js'

/** One drawn view. A new payload of the same kind goes to `update`, which keeps what the reader has set. */
export interface ViewComponent {
  readonly node: HTMLElement
  update(view: View): Promise<void>
  /** Draws again with the colours that the page now has. */
  redraw(): void
  dispose(): void
}
