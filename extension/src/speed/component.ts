/** The view of memory and speed: figures of now over their courses. */

import type { RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { createLinePanel, type LinePanel } from '../linePanel.js'
import { exportMenu, hint, tableTwin } from '../parts/index.js'
import { createRunChoice } from '../runChoice.js'
import type { ViewComponent } from '../viewComponent.js'
import { figuresOf, speedPanels, speedTable } from './model.js'

export function createSpeed(): ViewComponent {
  let view: RunView | undefined
  let panels: LinePanel[] = []

  const runs = createRunChoice(() => void fill())
  const figures = element('div', { class: 'jp-AdtView-figures' })
  const charts = element('div', { class: 'jp-AdtView-charts jp-mod-two' })
  const empty = hint()
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-speed' })
  const table = () => speedTable(view?.runs ?? [])
  const menu = exportMenu({ node, name: () => `${view?.runs[0]?.label ?? 'run'} memory and speed`, table })
  const head = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, trans.__('Memory and speed')),
    element('div', { class: 'jp-AdtView-controls', 'data-export': 'no' }, runs.node, menu),
  )
  numbers.node.setAttribute('data-export', 'no')
  node.append(head, figures, empty.node, charts, numbers.node)

  const fill = async () => {
    if (!view) return
    figures.replaceChildren(
      ...figuresOf(runs.update(view.runs)).map(({ name, value, note }) =>
        element('div', {}, element('small', {}, name), element('strong', {}, value), element('small', {}, note ?? '')),
      ),
    )
    const wanted = speedPanels(view.runs)
    empty.set(wanted.length > 0 ? undefined : trans.__('No iteration has been timed yet.'))
    numbers.update(table)
    while (panels.length > wanted.length) panels.pop()!.dispose()
    while (panels.length < wanted.length) panels.push(createLinePanel({ xLabel: trans.__('iteration') }))
    if (charts.children.length !== panels.length) charts.replaceChildren(...panels.map(panel => panel.node))
    await Promise.all(panels.map((panel, i) => panel.draw(wanted[i]!)))
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
      for (const panel of panels) panel.dispose()
      panels = []
    },
  }
}
