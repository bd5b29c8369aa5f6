/** The discriminator view: distributions of scores, how well it tells images apart, losses, layers, and what it was shown. */

import * as z from 'zod'
import { number } from '../../../src/views/format.js'
import type { Panel } from '../../../src/views/lines.js'
import type { Run, RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { createChart } from '../chart.js'
import { element } from '../dom.js'
import { createLegend } from '../legend.js'
import { createLinePanel, type LinePanel } from '../linePanel.js'
import { choice, exportMenu, hint, tableTwin } from '../parts/index.js'
import { createRunChoice } from '../runChoice.js'
import { themeOf } from '../theme.js'
import type { Memory, ViewComponent } from '../viewComponent.js'
import { balanceFigure, ridgeFigure } from './figure.js'
import {
  accuracyPanel,
  discriminatorTable,
  fakeColour,
  layerPanels,
  lossPanels,
  realColour,
  ridgesOf,
  sharedRange,
} from './model.js'
import { createMoments } from './moments.js'

/** What the reader has set. */
const readerSchema = z.object({ kind: z.enum(['ridges', 'heatmap']) })

export function createDiscriminator({ saved, save }: Memory): ViewComponent {
  let view: RunView | undefined
  let run: Run | undefined
  let { kind } = readerSchema.safeParse(saved).data ?? { kind: 'ridges' as const }
  let picked: number | undefined
  let side: LinePanel[] = []
  let layers: LinePanel[] = []
  let range: [number, number] | undefined

  const runs = createRunChoice(() => void fill())
  const kinds = choice(
    trans.__('Drawing'),
    [
      { value: 'ridges', text: trans.__('distributions') },
      { value: 'heatmap', text: trans.__('heatmap') },
    ],
    value => {
      kind = value
      save({ kind })
      void drawScores()
    },
  )
  kinds.set(kind)
  const legend = createLegend()
  legend.update([
    { name: trans.__('real'), colour: realColour, dashed: false },
    { name: trans.__('generated'), colour: fakeColour, dashed: false },
  ])
  const scores = createChart({
    onPick(x) {
      const { judged } = run ?? {}
      if (kind === 'heatmap' && judged) moments.show(x)
    },
    onHover(trace) {
      pointed = Math.floor(trace / 2)
    },
  })
  let pointed = -1
  scores.node.addEventListener('click', () => {
    const ridge = run?.scoreHistory && kind === 'ridges' ? ridgesOf(run.scoreHistory)[pointed] : undefined
    if (ridge) moments.show((ridge.iteration + ridge.until) / 2)
  })
  scores.node.classList.add('jp-mod-tall')
  scores.node.setAttribute('role', 'img')
  const moments = createMoments(iteration => {
    picked = iteration
    void drawScores()
  })
  const empty = hint()
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-discriminator' })
  const menu = exportMenu({
    node,
    name: () => `${run?.label ?? 'run'} discriminator`,
    table: () => (run ? discriminatorTable(run) : { head: [], body: [] }),
  })
  const sides = element('div', { class: 'jp-AdtView-stack' })
  const blocks = element('div', { class: 'jp-AdtView-charts' })
  const layersTitle = element('h5', {}, trans.__('Scores by block of the feature network'))
  const main = element(
    'div',
    { class: 'jp-AdtView-mainAndSide' },
    element('div', {}, element('h5', {}, trans.__('Scores of real and of generated images')), legend.node, scores.node),
    sides,
  )
  const head = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, trans.__('Discriminator')),
    element('div', { class: 'jp-AdtView-controls', 'data-export': 'no' }, runs.node, kinds.node, menu),
  )
  numbers.node.setAttribute('data-export', 'no')
  node.append(head, empty.node, main, moments.node, layersTitle, blocks, numbers.node)

  const drawScores = async () => {
    const history = run?.scoreHistory
    if (!history) return
    scores.node.setAttribute('aria-label', describe(run!))
    await scores.draw(() =>
      kind === 'ridges'
        ? ridgeFigure(history, ridgesOf(history), themeOf(node), picked)
        : balanceFigure(history, themeOf(node), picked),
    )
  }
  const drawPanels = async (
    panels: LinePanel[],
    holder: HTMLElement,
    wanted: readonly Panel[],
    make: () => LinePanel,
  ) => {
    while (panels.length > wanted.length) panels.pop()!.dispose()
    while (panels.length < wanted.length) panels.push(make())
    if (holder.children.length !== panels.length) holder.replaceChildren(...panels.map(panel => panel.node))
    await Promise.all(panels.map((panel, i) => panel.draw(wanted[i]!)))
  }
  const fill = async () => {
    if (!view) return
    run = runs.update(view.runs)
    const { scoreHistory, judged = [] } = run
    empty.set(
      scoreHistory
        ? undefined
        : run.status === 'running'
          ? trans.__('No scores yet: they come with the first iteration.')
          : trans.__('This run has no discriminator (plain finetuning), or was recorded without its scores.'),
    )
    for (const part of [main, layersTitle, blocks, moments.node, numbers.node]) part.hidden = !scoreHistory
    if (!scoreHistory) return
    numbers.update(() => discriminatorTable(run!))
    moments.update(judged)
    const ofLayers = layerPanels(run)
    range = sharedRange(ofLayers)
    layersTitle.hidden = ofLayers.length === 0
    const onPick = (x: number) => moments.show(x)
    await Promise.all([
      drawScores(),
      drawPanels(side, sides, [accuracyPanel(scoreHistory), ...lossPanels(run)], () =>
        createLinePanel({ xLabel: trans.__('iteration'), onPick }),
      ),
      drawPanels(layers, blocks, ofLayers, () =>
        createLinePanel({ xLabel: trans.__('iteration'), onPick, yRange: () => range }),
      ),
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
      for (const chart of [scores, ...side, ...layers]) chart.dispose()
      side = []
      layers = []
    },
  }
}

function describe({ scoreHistory }: Run): string {
  const { meanReal, meanFake, iteration, until } = scoreHistory!
  const last = meanReal.length - 1
  return [
    trans.__('Scores from iteration %1 to %2', iteration[0]!, until),
    trans.__('real images from %1 to %2 in the mean', number(meanReal[0]), number(meanReal[last])),
    trans.__('generated ones from %1 to %2', number(meanFake[0]), number(meanFake[last])),
  ].join(', ')
}
