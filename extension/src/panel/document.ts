/** A run opened from its metrics.jsonl in the file browser, as a document beside others. */

import { ABCWidgetFactory, type DocumentRegistry, DocumentWidget } from '@jupyterlab/docregistry'
import { runIcon } from './icon.js'
import type { RunPanel } from './panel.js'

export const fileType = 'adt-run'
export const factoryName = 'ADT Run'

export type RunDocument = DocumentWidget<RunPanel>

/** The folder of a file, as the server's contents name it. */
export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/')
}

export class RunFactory extends ABCWidgetFactory<RunDocument> {
  /** @param create the panel of a run folder */
  constructor(
    label: string,
    private readonly create: (folder: string, changed: () => void) => RunPanel,
    private readonly changed: (widget: RunDocument) => void,
  ) {
    super({ name: factoryName, label, fileTypes: [fileType], defaultFor: [fileType], readOnly: true })
  }

  protected override createNewWidget(context: DocumentRegistry.Context): RunDocument {
    const content = this.create(folderOf(context.path), () => this.changed(widget))
    const widget: RunDocument = new DocumentWidget({ content, context })
    widget.title.icon = runIcon
    widget.title.label = content.title.label
    widget.title.caption = content.title.caption
    widget.toolbar.hide()
    return widget
  }
}
