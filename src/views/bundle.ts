/** A view as a notebook output: our payload, a picture and text, each for whoever can show it. */

import { viewPicture } from './picture.js'
import { type View, viewMime, viewSchema } from './schema.js'
import { viewText } from './text.js'

/**
 * The MIME bundle of a view.
 * @param options.picture whether to draw the PNG too; a live view does so only at its end
 * @throws ZodError when the view is not what its schema says
 */
export function viewBundle(view: View, { picture = true }: { picture?: boolean } = {}): Record<string, unknown> {
  return {
    [viewMime]: viewSchema.parse(view),
    ...(picture ? { 'image/png': viewPicture(view).toString('base64') } : {}),
    'text/plain': viewText(view),
  }
}
