/** The JupyterLab extension: draws the outputs of ADT Lab's notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IThemeManager } from '@jupyterlab/apputils'
import { IRenderMimeRegistry } from '@jupyterlab/rendermime'
import { viewMime } from '../../src/views/schema.js'
import { ViewRenderer } from './renderer.js'
import { sessionsIn } from './sessions.js'

const views: JupyterFrontEndPlugin<void> = {
  id: 'adt-extension:views',
  description: 'Draws gradient scales, runs, sweeps and images of adversarial diffusion tuning.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [IThemeManager],
  activate: (app: JupyterFrontEnd, registry: IRenderMimeRegistry, themes: IThemeManager | null) => {
    const sessionOf = sessionsIn(app.shell)
    registry.addFactory(
      {
        // Payloads are checked and drawn as data, never inserted as HTML: an untrusted notebook may show them.
        safe: true,
        mimeTypes: [viewMime],
        createRenderer: () => new ViewRenderer(themes, sessionOf),
      },
      0,
    )
  },
}

export default [views]
