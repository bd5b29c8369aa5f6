/** The curves of a run, small charts side by side, and its samples. */

import { runPanels } from '../../../src/views/lines.js'
import type { RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { createLinePanel, type LinePanel } from '../linePanel.js'
import { exportMenu, tableTwin } from '../parts/index.js'
import { createSamples } from '../samples/index.js'
import type { ViewComponent } from '../viewComponent.js'
import { runTable } from './model.js'

export function createOverview(): ViewComponent {
  const charts = element('div', { class: 'jp-AdtView-charts' })
  const samples = createSamples()
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-overview' })
  let view: RunView | undefined
  let panels: LinePanel[] = []
  let drawn = ''

  const menu = exportMenu({
    node,
    name: () => view?.runs[0]?.label ?? 'run',
    table: () => (view ? runTable(view) : { head: [], body: [] }),
  })
  const foot = element('div', { class: 'jp-AdtView-foot', 'data-export': 'no' }, numbers.node, menu)
  node.append(charts, samples.node, foot)

  const draw = async () => {
    if (!view) return
    const wanted = runPanels(view)
    const names = wanted.map(({ title }) => title).join('\n')
    if (names !== drawn) {
      for (const panel of panels) panel.dispose()
      panels = wanted.map(() => createLinePanel({ xLabel: trans.__('iteration') }))
      charts.replaceChildren(...panels.map(panel => panel.node))
      drawn = names
    }
    await Promise.all(panels.map((panel, i) => panel.draw(wanted[i]!)))
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'run') return
      view = next
      samples.update(next.runs)
      numbers.update(() => runTable(next))
      await draw()
    },
    redraw: () => void draw(),
    dispose() {
      for (const panel of panels) panel.dispose()
    },
  }
}
