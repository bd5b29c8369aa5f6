/** The JupyterLab extension: draws the outputs of ADT Lab's notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IThemeManager } from '@jupyterlab/apputils'
import { IRenderMimeRegistry } from '@jupyterlab/rendermime'
import { viewMime } from '../../src/views/schema.js'
import { ViewRenderer } from './renderer.js'

const views: JupyterFrontEndPlugin<void> = {
  id: 'adt-extension:views',
  description: 'Draws gradient scales, runs, sweeps and images of adversarial diffusion tuning.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [IThemeManager],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry, themes: IThemeManager | null) => {
    registry.addFactory(
      {
        // Payloads are checked and drawn as data, never inserted as HTML: an untrusted notebook may show them.
        safe: true,
        mimeTypes: [viewMime],
        createRenderer: () => new ViewRenderer(themes),
      },
      0,
    )
  },
}

export default [views]
