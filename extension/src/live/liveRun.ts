/** A run as it goes on: the toolbar, and below it the views, drawn when they are seen. */

import type { ISignal } from '@lumino/signaling'
import { runOf } from '../../../src/views/runOf.js'
import { viewVersion } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { createRun } from '../run/index.js'
import type { Memory } from '../viewComponent.js'
import { createPacer } from './pacer.js'
import { mark, type RunSource } from './source.js'
import { createToolbar } from './toolbar.js'

export interface LiveRun {
  readonly node: HTMLElement
  /** Draws again with the colours that the page now has. */
  redraw(): void
  dispose(): void
}

/**
 * @param source is disposed of with the view
 * @param memory what the reader has set in the views
 */
export function createLiveRun(source: RunSource, memory: Memory): LiveRun {
  const toolbar = createToolbar(action => source.act(action))
  const loading = element('p', { class: 'jp-AdtLive-loading', role: 'status' })
  const body = element('div', { class: 'jp-AdtLive-body' })
  const node = element('section', { class: 'jp-AdtLive' }, toolbar.node, loading, body)
  let run: ReturnType<typeof createRun> | undefined

  const draw = async () => {
    const { about, data, loaded } = source
    loading.hidden = about !== undefined && loaded > 0.98
    loading.textContent =
      source.problem !== undefined && !about
        ? ''
        : `${trans.__('Loading the run')} … ${loaded > 0 ? `${Math.floor(100 * loaded)} %` : ''}`
    if (!about) return
    if (!run) {
      run = createRun(memory)
      body.replaceChildren(run.node)
    }
    await run.update({ version: viewVersion, view: 'run', runs: [runOf(data, about, source.time)] })
  }
  const pacer = createPacer(node, draw)
  const news = () => {
    mark(node, source)
    toolbar.update(source)
    pacer.wake()
  }
  const changed: ISignal<RunSource, void> = source.changed
  changed.connect(news)
  // The words "no news since" come without news.
  const timer = setInterval(() => toolbar.update(source), 5000)
  news()
  return {
    node,
    redraw: () => run?.redraw(),
    dispose() {
      clearInterval(timer)
      changed.disconnect(news)
      pacer.dispose()
      run?.dispose()
      source.dispose()
    },
  }
}
