/** The main area's panel of a run. */

import type { IThemeManager } from '@jupyterlab/apputils'
import { Widget } from '@lumino/widgets'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { createLiveRun, type LiveRun, type RunSource } from '../live/index.js'
import type { Settings } from '../viewComponent.js'
import { runIcon } from './icon.js'

/** Which run a panel shows: a folder of the server's contents, or a run in the kernel of an open notebook. */
export type Target =
  | { readonly path: string }
  | { readonly notebook: string; readonly run: string; readonly label: string }

export function nameOf(target: Target): string {
  return 'path' in target ? (target.path.split('/').filter(Boolean).at(-1) ?? '/') : target.label
}

export interface PanelOptions {
  readonly target: Target
  /** Opens the run; undefined while its notebook, or its kernel, is not there. */
  readonly connect: () => RunSource | undefined
  readonly themes: IThemeManager | null
  /** What the reader had set, from a saved layout. */
  readonly saved?: unknown
  /** The reader has set something: it is to be saved. */
  readonly onSet?: () => void
}

/** Milliseconds until it looks again whether the run's notebook is open. */
const pause = 1000
/** A slider that moves is saved when it rests, in milliseconds. */
const savePause = 400

export class RunPanel extends Widget {
  readonly target: Target
  /** What the reader has set. */
  settings: Settings = {}
  private live: LiveRun | undefined
  private timer = 0
  private saving = 0

  constructor(private readonly options: PanelOptions) {
    super()
    const { target, themes, saved } = options
    this.target = target
    if (isSettings(saved)) this.settings = saved
    this.addClass('jp-AdtView')
    this.addClass('jp-AdtPanel')
    this.title.label = nameOf(target)
    this.title.caption = 'path' in target ? trans.__('Run in %1', target.path) : target.notebook
    this.title.icon = runIcon
    this.title.closable = true
    this.node.tabIndex = -1
    themes?.themeChanged.connect(this.onThemeChanged, this)
    this.start()
  }

  override dispose(): void {
    if (this.isDisposed) return
    clearTimeout(this.timer)
    clearTimeout(this.saving)
    this.options.themes?.themeChanged.disconnect(this.onThemeChanged, this)
    this.live?.dispose()
    super.dispose()
  }

  private start(): void {
    const { connect, target, onSet } = this.options
    const source = connect()
    if (source) {
      const save = (settings: Settings) => {
        this.settings = settings
        clearTimeout(this.saving)
        this.saving = window.setTimeout(() => onSet?.(), savePause)
      }
      this.live = createLiveRun(source, { saved: this.settings, save })
      this.node.replaceChildren(this.live.node)
      return
    }
    const where = 'notebook' in target ? target.notebook : ''
    const words = trans.__('Waiting for the kernel of %1. Open the notebook to follow its run.', where)
    this.node.replaceChildren(element('p', { class: 'jp-AdtLive-loading', role: 'status' }, words))
    this.timer = window.setTimeout(() => this.start(), pause)
  }

  private onThemeChanged(): void {
    this.live?.redraw()
  }
}

/** The views check what is in it. */
function isSettings(saved: unknown): saved is Settings {
  return typeof saved === 'object' && saved !== null && !Array.isArray(saved)
}
