import type { View } from '../../src/views/schema.js'

/** One drawn view. A new payload of the same kind goes to `update`, which keeps what the reader has set. */
export interface ViewComponent {
  readonly node: HTMLElement
  update(view: View): Promise<void>
  /** Draws again with the colours that the page now has. */
  redraw(): void
  /** Its node has come into the page. */
  attached?(): void
  dispose(): void
}

type Setting =
  | string
  | number
  | boolean
  | readonly (string | number)[]
  | { readonly [name: string]: Setting | undefined }

/** What a reader has set in a view, as the notebook's saved output keeps it. */
export interface Memory {
  /** From an earlier time; to be checked like any payload. */
  readonly saved: unknown
  save(settings: Settings): void
  /** Keeps what came by another way than the output's own updates: the notebook saves it in place of what it has. */
  keep?(view: View): void
}

export type Settings = Readonly<Record<string, Setting | undefined>>
