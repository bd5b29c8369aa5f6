/** The learning curves of a sweep: which are drawn, which stand out, on which scale. */

import type { SweepView } from '../../../src/views/schema.js'
import { trialCount } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { createChart } from '../chart.js'
import { element } from '../dom.js'
import { swatch } from '../legend.js'
import { choice } from '../parts/index.js'
import { themeOf } from '../theme.js'
import { cutoffColour, type SweepCurves, strongColour, sweepCurves, sweepFigure } from './figure.js'

/** The trials whose curves stand out, and what they are called. */
export interface Strong {
  readonly keys: ReadonlySet<string>
  readonly name: string
}

export interface CurvesPanel {
  readonly node: HTMLElement
  update(view: SweepView): void
  /**
   * @param shown the trials that have curves; all where left out
   * @param at the iteration at which trials are compared
   */
  draw(strong: Strong | undefined, shown: ReadonlySet<string> | undefined, at: number | undefined): Promise<void>
  dispose(): void
}

/** @param onScale the reader has chosen another vertical axis than `first` */
export function createCurvesPanel(
  first: 'linear' | 'log' | undefined,
  onScale: (scale: 'linear' | 'log') => void,
): CurvesPanel {
  let curves: SweepCurves | undefined
  let scale = first ?? 'linear'
  let again = () => {}
  const caption = element('p', { class: 'jp-AdtView-readout' })
  const chart = createChart()
  chart.node.setAttribute('role', 'img')
  const scales = choice(
    trans.__('Vertical axis of the curves'),
    [
      { value: 'linear', text: trans.__('linear') },
      { value: 'log', text: trans.__('log') },
    ] as const,
    value => {
      scale = value
      onScale(value)
      again()
    },
  )
  scales.set(scale)
  const node = element(
    'div',
    { class: 'jp-AdtView-curves' },
    element('div', { class: 'jp-AdtView-head' }, caption, scales.node),
    chart.node,
  )

  const panel: CurvesPanel = {
    node,
    update(view) {
      curves = sweepCurves(view)
      const all = view.trials.filter(({ curve }) => curve)
      node.hidden = all.length === 0
      scales.node.hidden = all.some(({ curve }) => curve!.value.some(value => value !== null && value <= 0))
      if (scales.node.hidden) scale = 'linear'
      chart.node.setAttribute(
        'aria-label',
        trans.__('%1 over iterations of %2', view.metric.name, trialCount(all.length)),
      )
    },
    async draw(strong, shown, at) {
      again = () => void panel.draw(strong, shown, at)
      if (!curves || node.hidden) return
      const drawn = curves
      const legend = (colour: number, text: string) => [' · ', swatch({ colour, dashed: false }), ` ${text}`]
      caption.replaceChildren(
        trans.__('%1 of %2', drawn.metric.name, shown ? trialCount(shown.size) : trans.__('all trials')),
        ...(strong ? legend(strongColour, strong.name) : []),
        ...(drawn.rungs.length > 0 ? legend(cutoffColour, trans.__('cutoffs of early stopping, × stopped')) : []),
      )
      await chart.draw(() =>
        sweepFigure(drawn, {
          theme: themeOf(node),
          strong: strong?.keys ?? new Set(),
          scale,
          ...(shown && { shown }),
          ...(at !== undefined && { at }),
        }),
      )
    },
    dispose: () => chart.dispose(),
  }
  return panel
}
