/** Commands, launcher, palette, file type and restoring of the run panel. */

import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import {
  ICommandPalette,
  type ISessionContext,
  IThemeManager,
  MainAreaWidget,
  WidgetTracker,
} from '@jupyterlab/apputils'
import { IFileBrowserFactory } from '@jupyterlab/filebrowser'
import { ILauncher } from '@jupyterlab/launcher'
import { ISettingRegistry } from '@jupyterlab/settingregistry'
import { ITranslator } from '@jupyterlab/translation'
import { TabPanel, type Widget } from '@lumino/widgets'
import { trans } from '../../../src/views/words.js'
import { speakAs } from '../language.js'
import { followFolder, followKernelRun, type RunSource } from '../live/index.js'
import { chooseRun } from './chooser.js'
import { factoryName, fileType, folderOf, type RunDocument, RunFactory } from './document.js'
import { runIcon } from './icon.js'
import { RunPanel, type Target } from './panel.js'
import { panelPlugin, settingsOf } from './settings.js'

export const commands = {
  openRun: 'adt:open-run',
  openFolder: 'adt:open-folder-as-run',
  openMetrics: 'adt:open-metrics',
} as const

const category = 'ADT'

export const panel: JupyterFrontEndPlugin<void> = {
  id: panelPlugin,
  description: 'Opens training runs in the main area: those of notebooks, and those that leave a folder.',
  autoStart: true,
  optional: [
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ISettingRegistry,
    ITranslator,
    IThemeManager,
    IFileBrowserFactory,
    ILabShell,
  ],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    themes: IThemeManager | null,
    browsers: IFileBrowserFactory | null,
    lab: ILabShell | null,
  ) => {
    speakAs(translator)
    const tracker = new WidgetTracker<MainAreaWidget<RunPanel>>({ namespace: 'adt-run' })
    let settings = settingsOf()
    void registry?.load(panelPlugin).then(loaded => {
      const take = () => {
        settings = settingsOf(loaded.composite)
      }
      take()
      loaded.changed.connect(take)
    })

    const { contents } = app.serviceManager
    const mainWidgets = () => [...app.shell.widgets('main')]
    const connect = (target: Target): RunSource | undefined => {
      if ('path' in target) return followFolder(contents, target.path, { pace: 1000 * settings.pollSeconds })
      const kernel = contextOf(mainWidgets(), target.notebook)?.session?.kernel
      return kernel ? followKernelRun(kernel, target.run) : undefined
    }
    const open = async (target: Target, saved?: unknown): Promise<MainAreaWidget<RunPanel>> => {
      const id = idOf(target)
      const there = tracker.find(widget => widget.id === id)
      if (there) {
        if (there.parent?.parent instanceof TabPanel) there.parent.parent.currentWidget = there
        else app.shell.activateById(id)
        return there
      }
      const onSet = () => void tracker.save(widget)
      const content = new RunPanel({ target, connect: () => connect(target), themes, saved, onSet })
      const widget = new MainAreaWidget({ content })
      widget.id = id
      widget.toolbar.hide()
      await tracker.add(widget)
      place(app.shell, widget, lab !== null)
      return widget
    }

    // What readers had set in documents that are about to be restored, by folder.
    const restored = new Map<string, unknown>()
    const documents = new WidgetTracker<RunDocument>({ namespace: 'adt-run-document' })
    const factory = new RunFactory(
      trans.__('ADT Run'),
      (path, onSet) => {
        const target = { path }
        const saved = restored.get(path)
        restored.delete(path)
        return new RunPanel({ target, connect: () => connect(target), themes, saved, onSet })
      },
      widget => void documents.save(widget),
    )
    factory.widgetCreated.connect((_, widget) => void documents.add(widget))
    app.docRegistry.addFileType({
      name: fileType,
      displayName: trans.__('Metrics of a run'),
      mimeTypes: ['application/jsonl'],
      extensions: [],
      pattern: '^metrics\\.jsonl$',
      fileFormat: 'text',
      contentType: 'file',
      icon: runIcon,
    })
    app.docRegistry.addWidgetFactory(factory)
    app.commands.addCommand(commands.openMetrics, {
      label: trans.__('Open metrics.jsonl as ADT Run'),
      describedBy: { args: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } },
      async execute({ path, settings }) {
        if (typeof path !== 'string') return undefined
        restored.set(folderOf(path), settings)
        return app.commands.execute('docmanager:open', { path, factory: factoryName })
      },
    })
    app.commands.addCommand(commands.openRun, {
      label: trans.__('ADT: Open run…'),
      caption: trans.__('Look at a training run while it goes on, and steer it'),
      icon: args => (args.isPalette ? undefined : runIcon),
      describedBy: { args: { type: 'object', properties: { path: { type: 'string' } } } },
      async execute(args) {
        const given = targetOf(args)
        const folder = (args.cwd as string | undefined) ?? browsers?.tracker.currentWidget?.model.path ?? ''
        const target = given ?? (await chooseRun({ contents, widgets: mainWidgets(), folder }))
        return target && open(target, args.settings)
      },
    })
    app.commands.addCommand(commands.openFolder, {
      label: trans.__('Open as ADT Run'),
      icon: runIcon,
      isVisible: () => browsers?.tracker.currentWidget !== null,
      describedBy: { args: { type: 'object', properties: {} } },
      async execute() {
        for (const item of browsers?.tracker.currentWidget?.selectedItems() ?? []) {
          await open({ path: item.type === 'directory' ? item.path : folderOf(item.path) })
        }
      },
    })
    palette?.addItem({ command: commands.openRun, category, args: { isPalette: true } })
    launcher?.add({ command: commands.openRun, category: trans.__('Other'), rank: 1 })
    if (restorer) {
      void restorer.restore(tracker, {
        command: commands.openRun,
        args: ({ content }) => ({ ...content.target, settings: content.settings }),
        name: ({ id }) => id,
      })
      void restorer.restore(documents, {
        command: commands.openMetrics,
        args: ({ context, content }) => ({ path: context.path, settings: content.settings }),
        name: ({ context }) => context.path,
      })
    }
  },
}

/** In JupyterLab a tab of the main area. Notebook 7's is taken: there a tab beside its files, or the bar at the right. */
function place(shell: JupyterFrontEnd['shell'], widget: Widget, isLab: boolean): void {
  const [only] = shell.widgets('main')
  if (only instanceof TabPanel) {
    only.addWidget(widget)
    only.currentWidget = widget
    return
  }
  shell.add(widget, isLab ? 'main' : 'right')
  shell.activateById(widget.id)
}

function idOf(target: Target): string {
  return `adt-run-${'path' in target ? `folder:${target.path}` : `kernel:${target.run}`}`
}

/** The target that a command's arguments name: they come from a saved layout, or from another extension. */
function targetOf({ path, notebook, run, label }: Readonly<Record<string, unknown>>): Target | undefined {
  if (typeof path === 'string') return { path: path.replace(/^\/+|\/+$/g, '') }
  if (typeof notebook !== 'string' || typeof run !== 'string') return undefined
  return { notebook, run, label: typeof label === 'string' ? label : 'run' }
}

function contextOf(widgets: readonly Widget[], path: string): ISessionContext | undefined {
  const contexts = widgets.map(widget => (widget as Widget & { sessionContext?: ISessionContext }).sessionContext)
  return contexts.find(context => context?.path === path)
}
