/** A cell's output that shows a running run: it takes the run's stream from the notebook's kernel, and has the controls. */

import type { ISessionContext } from '@jupyterlab/apputils'
import { runOf } from '../../../src/views/runOf.js'
import type { RunView } from '../../../src/views/schema.js'
import type { ViewComponent } from '../viewComponent.js'
import { followKernelRun } from './kernelRuns.js'
import { createPacer, type Pacer } from './pacer.js'
import { mark, type RunSource } from './source.js'
import { createToolbar } from './toolbar.js'

/** Milliseconds in which an output tells by itself that its run has ended. */
const patience = 3000

export interface LiveOutput {
  /** Whether the stream is ahead of what the output holds: then the output is not drawn. */
  readonly leads: boolean
  /** A new state of the output. */
  follow(view: RunView): void
  /** The output has come into the page. */
  attached(): void
  dispose(): void
}

/**
 * @param session of the notebook, or console, that the output stands in; undefined while it stands in none
 * @param component the view, into whose node's front the controls come
 * @param keep has the notebook save the end of a run that its output's own updates did not tell of
 */
export function createLiveOutput(
  session: () => ISessionContext | undefined,
  component: ViewComponent,
  keep: (view: RunView) => void,
): LiveOutput {
  let context: ISessionContext | undefined
  let view: RunView | undefined
  let source: RunSource | undefined
  let pacer: Pacer | undefined
  let keeping: ReturnType<typeof setTimeout> | undefined
  const toolbar = createToolbar(action => source!.act(action))

  const draw = async () => {
    if (!source?.about || !view) return
    const now: RunView = { ...view, runs: [runOf(source.data, source.about, source.time)] }
    await component.update(now)
    clearTimeout(keeping)
    if (now.runs[0]!.status === 'running') return
    keeping = setTimeout(() => {
      if (view?.runs[0]?.status === 'running') keep(now)
    }, patience)
  }
  const news = () => {
    if (!source) return
    if (source.about) mark(component.node, source)
    toolbar.update(source)
    pacer?.wake()
  }
  const leave = () => {
    clearTimeout(keeping)
    source?.changed.disconnect(news)
    source?.dispose()
    pacer?.dispose()
    toolbar.node.remove()
    source = undefined
  }
  const connect = () => {
    const run = streamOf(view)
    if (!run) return
    if (!context) {
      context = session()
      context?.kernelChanged.connect(onKernel)
    }
    const kernel = context?.session?.kernel
    if (!kernel || source) return
    // Before anything is known of it: what stands below must not move when it is.
    component.node.prepend(toolbar.node)
    source = followKernelRun(kernel, run)
    pacer = createPacer(component.node, draw)
    source.changed.connect(news)
    news()
  }
  const onKernel = () => {
    // Another kernel does not have the run; the output stays as it was saved.
    leave()
    connect()
  }

  return {
    get leads() {
      return source?.about !== undefined && source.connection === 'live' && source.loaded > 0.98
    },
    follow(next) {
      view = next
      connect()
    },
    attached: connect,
    dispose() {
      context?.kernelChanged.disconnect(onKernel)
      leave()
    },
  }
}

/** The stream of an output that was running when it was written; several runs side by side are compared, not followed. */
function streamOf(view: RunView | undefined): string | undefined {
  const [only, ...others] = view?.runs ?? []
  return others.length === 0 && only?.status === 'running' ? only.stream : undefined
}
