/** What JupyterLab asks for to show one output of our MIME type; updated outputs come to the same renderer. */

import type { IThemeManager } from '@jupyterlab/apputils'
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import { Widget } from '@lumino/widgets'
import { parseView, type RunView, type View, viewMime } from '../../src/views/schema.js'
import { trans } from '../../src/views/words.js'
import { element } from './dom.js'
import { createGradientScale } from './gradientScale/index.js'
import { createImages } from './images.js'
import { createLiveOutput, type LiveOutput } from './live/index.js'
import { createRun } from './run/index.js'
import type { SessionOf } from './sessions.js'
import { createSweep } from './sweep/index.js'
import type { Memory, ViewComponent } from './viewComponent.js'

/** A slider that moves is saved when it rests, in milliseconds. */
const savePause = 400

/** Parses a payload and keeps one component for it; a payload that is not understood is told about, with its fallback. */
export class ViewRenderer extends Widget implements IRenderMime.IRenderer {
  private component: ViewComponent | undefined
  private kind: View['view'] | undefined
  private readonly themes: IThemeManager | null
  private readonly sessionOf: SessionOf
  private model: IRenderMime.IMimeModel | undefined
  private payload: unknown
  /** What the reader has set. */
  private settings: Parameters<Memory['save']>[0] | undefined
  private saving = 0
  private live: LiveOutput | undefined

  constructor(themes: IThemeManager | null, sessionOf: SessionOf) {
    super()
    this.themes = themes
    this.sessionOf = sessionOf
    this.addClass('jp-AdtView')
    themes?.themeChanged.connect(this.onThemeChanged, this)
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model
    // An output that its kernel updates comes without what the reader set.
    if (this.settings && model.metadata[viewMime] === undefined) this.saveSoon()
    // Saving it comes back as a change of the output.
    if (this.payload === model.data[viewMime] && this.component) return
    this.payload = model.data[viewMime]
    const parsed = parseView(this.payload)
    if ('problem' in parsed) {
      this.clear()
      this.node.replaceChildren(...fallback(parsed.problem, model.data))
      return
    }
    const { view } = parsed
    if (!this.component || this.kind !== view.view) {
      this.clear()
      this.component = create(view, this.memory(model), this.sessionOf)
      this.kind = view.view
      this.node.replaceChildren(this.component.node)
    }
    if (view.view === 'run') this.follow(view)
    if (!this.live?.leads) await this.component.update(view)
  }

  protected override onAfterAttach(): void {
    this.component?.attached?.()
    // Only now is it known in which notebook the output stands.
    this.live?.attached()
  }

  override dispose(): void {
    if (this.isDisposed) return
    clearTimeout(this.saving)
    this.themes?.themeChanged.disconnect(this.onThemeChanged, this)
    this.clear()
    super.dispose()
  }

  /** What the reader sets is kept in the output's metadata, which the notebook saves. */
  private memory(model: IRenderMime.IMimeModel): Memory {
    return {
      saved: model.metadata[viewMime],
      save: settings => {
        this.settings = settings
        this.saveSoon()
      },
      keep: view => this.keep(view),
    }
  }

  private keep(view: View): void {
    this.payload = view
    this.model?.setData({ data: { ...this.model.data, [viewMime]: view } })
  }

  private saveSoon(): void {
    clearTimeout(this.saving)
    this.saving = window.setTimeout(() => {
      const { model, settings } = this
      if (model && settings) model.setData({ metadata: { ...model.metadata, [viewMime]: settings } })
    }, savePause)
  }

  /** A run that goes on is followed through its kernel. */
  private follow(view: RunView): void {
    if (!this.component) return
    this.live ??= createLiveOutput(
      () => this.sessionOf(this.node),
      this.component,
      view => this.keep(view),
    )
    this.live.follow(view)
  }

  private onThemeChanged(): void {
    this.component?.redraw()
  }

  private clear(): void {
    this.live?.dispose()
    this.live = undefined
    this.component?.dispose()
    this.component = undefined
    this.kind = undefined
  }
}

function create(view: View, memory: Memory, sessionOf: SessionOf): ViewComponent {
  if (view.view === 'gradient-scale') return createGradientScale(memory)
  if (view.view === 'run') return createRun(memory)
  return view.view === 'sweep' ? createSweep(memory, sessionOf) : createImages()
}

function fallback(problem: string, data: Readonly<Record<string, unknown>>): HTMLElement[] {
  const message = element('p', { class: 'jp-AdtView-problem', role: 'note' }, problem)
  const png = data['image/png']
  const text = data['text/plain']
  if (typeof png === 'string' && /^[A-Za-z0-9+/=\s]+$/.test(png)) {
    const alt = typeof text === 'string' ? text : trans.__('The stored picture of this view')
    return [message, element('img', { class: 'jp-AdtView-picture', src: `data:image/png;base64,${png}`, alt })]
  }
  return typeof text === 'string' ? [message, element('pre', {}, text)] : [message]
}
