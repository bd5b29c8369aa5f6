/** Which kernel an output belongs to: that of the document it stands in. */

import type { JupyterFrontEnd } from '@jupyterlab/application'
import type { ISessionContext } from '@jupyterlab/apputils'
import type { Widget } from '@lumino/widgets'

/** Finds the session of the document that holds an element; nothing where it has none, or stands in no document. */
export type SessionOf = (node: HTMLElement) => ISessionContext | undefined

/** Documents keep their session in their context, consoles their own. */
interface WithSession extends Widget {
  readonly context?: { readonly sessionContext?: ISessionContext }
  readonly sessionContext?: ISessionContext
}

export function sessionsIn(shell: JupyterFrontEnd['shell']): SessionOf {
  return node => {
    for (const widget of shell.widgets('main')) {
      if (!widget.node.contains(node)) continue
      const { context, sessionContext } = widget as WithSession
      return context?.sessionContext ?? sessionContext
    }
    return undefined
  }
}
