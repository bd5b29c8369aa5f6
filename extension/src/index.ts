/** The JupyterLab extension: draws the outputs of ADT Lab's notebooks, and follows runs in the main area. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IThemeManager } from '@jupyterlab/apputils'
import { IRenderMimeRegistry } from '@jupyterlab/rendermime'
import { ITranslator } from '@jupyterlab/translation'
import { viewMime } from '../../src/views/schema.js'
import { speakAs } from './language.js'
import { panel } from './panel/index.js'
import { ViewRenderer } from './renderer.js'
import { sessionsIn } from './sessions.js'

const views: JupyterFrontEndPlugin<void> = {
  id: 'adt-extension:views',
  description: 'Draws gradient scales, runs, sweeps and images of adversarial diffusion tuning.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [IThemeManager, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    themes: IThemeManager | null,
    translator: ITranslator | null,
  ) => {
    speakAs(translator)
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

export default [views, panel]
