/** One Plotly drawing in the page: loads Plotly when first needed, follows the size of its box, cleans up. */

import type { PlotlyElement, PlotlyHover } from 'plotly.js-cartesian-dist-min'
import { element } from './dom.js'
import type { Figure } from './figure.js'

type Plotly = typeof import('plotly.js-cartesian-dist-min')

let loading: Promise<Plotly> | undefined

/** The Plotly chunk, fetched once a page. */
function loadPlotly(): Promise<Plotly> {
  loading ??= import('plotly.js-cartesian-dist-min').then(loaded => (loaded as { default?: Plotly }).default ?? loaded)
  return loading
}

export interface Chart {
  readonly node: HTMLElement
  /**
   * Draws the figure that `make` gives; of several in quick succession the last counts. A box that is not yet in the
   * page is drawn when it is: only then does it have a size and the theme's colours.
   */
  draw(make: () => Figure): Promise<void>
  /** Shows the label of a point as if the mouse were there. */
  point(trace: number, index: number): void
  /** Takes the label away again. */
  unpoint(): void
  dispose(): void
}

export interface ChartOptions {
  readonly onHover?: (trace: number, index: number) => void
  /** The reader pressed near a point, whose x this is. */
  readonly onPick?: (x: number) => void
}

export function createChart(options: ChartOptions = {}): Chart {
  const node = element('div', { class: 'jp-AdtView-plot' })
  let make: (() => Figure) | undefined
  let plotly: Plotly | undefined
  let listening = false
  let disposed = false
  let frame = 0
  let drawnWidth = 0

  const config = {
    displaylogo: false,
    displayModeBar: false,
    doubleClick: 'reset',
  }

  const paint = async () => {
    plotly ??= await loadPlotly()
    if (disposed || !make || node.clientWidth === 0) return
    const resized = listening && node.clientWidth !== drawnWidth
    drawnWidth = node.clientWidth
    const figure = make()
    const drawn = await plotly.react(node, figure.data, figure.layout, config)
    // It was closed while it was drawn.
    if (disposed) return plotly.purge(node)
    if (!listening) listen(drawn, options)
    listening = true
    // A new figure keeps the size of the last one: the box may have changed while it was hidden.
    if (resized && !disposed) await plotly.Plots.resize(node)
  }
  const sizes = new ResizeObserver(() => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(() => {
      if (disposed || node.clientWidth === 0 || node.clientWidth === drawnWidth) return
      if (!listening || !plotly) void paint()
      else {
        drawnWidth = node.clientWidth
        void plotly.Plots.resize(node)
      }
    })
  })
  sizes.observe(node)

  return {
    node,
    draw(next) {
      make = next
      return paint()
    },
    point(trace, index) {
      if (listening) plotly?.Fx.hover(node, [{ curveNumber: trace, pointNumber: index }])
    },
    unpoint() {
      if (listening) plotly?.Fx.unhover(node)
    },
    dispose() {
      disposed = true
      cancelAnimationFrame(frame)
      sizes.disconnect()
      if (listening) plotly?.purge(node)
    },
  }
}

function listen(drawn: PlotlyElement, { onHover, onPick }: ChartOptions): void {
  drawn.on('plotly_hover', ({ points: [first] }: PlotlyHover) => {
    if (typeof first?.pointNumber === 'number') onHover?.(first.curveNumber, first.pointNumber)
  })
  drawn.on('plotly_click', ({ points: [first] }: PlotlyHover) => {
    if (first) onPick?.(first.x)
  })
}
