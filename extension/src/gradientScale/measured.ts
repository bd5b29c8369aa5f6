/** The gradient of a run: what each sampler step contributed, beside the weight that theory gives it. */

import * as z from 'zod'
import { number } from '../../../src/views/format.js'
import type { Run, RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { createChart } from '../chart.js'
import { element } from '../dom.js'
import { createLegend } from '../legend.js'
import { choice, exportMenu, hint, tableTwin } from '../parts/index.js'
import { createRunChoice } from '../runChoice.js'
import { themeOf } from '../theme.js'
import type { Memory, ViewComponent } from '../viewComponent.js'
import { measuredColour, normsFigure, overlayFigure, theoryColour } from './measuredFigure.js'
import { fitOf, measuredTable } from './measuredModel.js'

/** What the reader has set. */
const readerSchema = z.object({ scale: z.enum(['log', 'linear']) })

export function createMeasuredGradient({ saved, save }: Memory): ViewComponent {
  let view: RunView | undefined
  let run: Run | undefined
  let { scale } = readerSchema.safeParse(saved).data ?? { scale: 'log' as const }

  const runs = createRunChoice(() => void fill())
  const scales = choice(
    trans.__('Vertical axis'),
    [
      { value: 'log', text: trans.__('log') },
      { value: 'linear', text: trans.__('linear') },
    ],
    value => {
      scale = value
      save({ scale })
      void fill()
    },
  )
  scales.set(scale)
  const legend = createLegend()
  const overlay = createChart()
  const map = createChart()
  for (const chart of [overlay, map]) {
    chart.node.classList.add('jp-mod-large')
    chart.node.setAttribute('role', 'img')
  }
  const words = element('p', { class: 'jp-AdtView-readout' })
  const empty = hint()
  const numbers = tableTwin()
  const table = () => (run?.stepNorms ? measuredTable(run.stepNorms) : { head: [], body: [] })
  const node = element('section', { class: 'jp-AdtView-measured' })
  const menu = exportMenu({ node, name: () => `${run?.label ?? 'run'} gradient`, table })
  const head = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, trans.__('Gradient of each sampler step')),
    element('div', { class: 'jp-AdtView-controls', 'data-export': 'no' }, runs.node, scales.node, menu),
  )
  const plots = element(
    'div',
    { class: 'jp-AdtView-gradientPlots' },
    element(
      'div',
      { class: 'jp-AdtView-panel' },
      element('h5', {}, trans.__('Theory and practice')),
      legend.node,
      overlay.node,
    ),
    element(
      'div',
      { class: 'jp-AdtView-panel' },
      element('h5', {}, trans.__('Measured norm, step × iteration')),
      element('span', {}),
      map.node,
    ),
  )
  numbers.node.setAttribute('data-export', 'no')
  node.append(head, empty.node, plots, words, numbers.node)

  const fill = async () => {
    if (!view) return
    run = runs.update(view.runs)
    const norms = run.stepNorms
    const fit = norms && fitOf(norms)
    empty.set(
      norms && fit
        ? undefined
        : trans.__(
            'No norms of single steps were measured. ADT measures them every normsEvery-th update of the generator.',
          ),
    )
    for (const part of [plots, words, numbers.node]) part.hidden = !fit
    if (!norms || !fit) return
    legend.update([
      { name: trans.__('weight |w|, theory'), colour: theoryColour, dashed: false },
      { name: trans.__('measured norm ÷ %1', number(fit.factor)), colour: measuredColour, dashed: false },
    ])
    words.textContent = trans.__(
      'Measured ‖∂L/∂θ‖ = %1 · |w|, to within a factor of %2 from step to step. Bars: tenth to ninetieth percentile.',
      number(fit.factor),
      number(fit.spread),
    )
    overlay.node.setAttribute('aria-label', words.textContent)
    map.node.setAttribute(
      'aria-label',
      trans.__(
        'Norms from %1 to %2 over %3 steps and iterations %4 to %5',
        number(norms.least),
        number(norms.greatest),
        norms.step.length,
        norms.iteration[0]!,
        norms.until,
      ),
    )
    numbers.update(table)
    await Promise.all([
      overlay.draw(() => overlayFigure(norms, fit, scale, themeOf(node))),
      map.draw(() => normsFigure(norms, themeOf(node))),
    ])
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'run') return
      view = next
      await fill()
    },
    redraw: () => void fill(),
    dispose() {
      overlay.dispose()
      map.dispose()
    },
  }
}
