/** The gradient-scale view: the curves it was given, the paper's figure, or what the reader explores. */

import { number, pathName } from '../../../src/views/format.js'
import { gradientTitle } from '../../../src/views/lines.js'
import type { NumbersTable } from '../../../src/views/numbers.js'
import type { GradientScaleView } from '../../../src/views/schema.js'
import { curveName } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { choice, exportMenu, hint, slider, tableTwin, toggles } from '../parts/index.js'
import type { Memory, ViewComponent } from '../viewComponent.js'
import {
  carried,
  type Drawing,
  drawingsOf,
  drawnSteps,
  firstReader,
  mostSteps,
  type Reader,
  readerSchema,
  samplerTexts,
  scheduleTexts,
} from './explore.js'
import { createGradientPanel, type GradientPanel, help } from './panel.js'

export function createGradientScale({ saved, save }: Memory): ViewComponent {
  const restored = readerSchema.safeParse(saved)
  let reader: Reader | undefined = restored.success ? restored.data : undefined
  let view: GradientScaleView | undefined
  let drawings: readonly Drawing[] = []
  let panels: GradientPanel[] = []

  const title = element('h4', { class: 'jp-AdtView-title' })
  const readout = element('p', { class: 'jp-AdtView-readout', 'aria-live': 'polite' }, help())
  const summary = element('p', { class: 'jp-AdtView-readout' })
  const problem = hint()
  const numbers = tableTwin()
  const plots = element('div', { class: 'jp-AdtView-gradientPlots' })
  const set = (changes: Partial<Reader>) => {
    if (!reader) return
    reader = { ...reader, ...changes }
    reader.start = Math.min(reader.start, reader.steps - 1)
    save(reader)
    void draw()
  }

  const sources = choice(
    trans.__('Curves'),
    [
      { value: 'given', text: trans.__('given') },
      { value: 'figure', text: trans.__('Fig. A1') },
      { value: 'explore', text: trans.__('explore') },
    ],
    source => set({ source }),
  )
  const scales = choice(
    trans.__('Vertical axis'),
    [
      { value: 'log', text: trans.__('log') },
      { value: 'linear', text: trans.__('linear') },
    ],
    scale => set({ scale }),
  )
  const quantities = choice(
    trans.__('Quantity'),
    [
      { value: 'gain', text: trans.__('gain ∂x̂₀/∂xₜ') },
      { value: 'w', text: trans.__('weight w') },
    ],
    quantity => set({ quantity }),
  )
  const samplers = toggles(trans.__('Samplers'), samplerTexts(), values => set({ samplers: [...values] }))
  const schedules = toggles(trans.__('Schedules'), scheduleTexts(), values => set({ schedules: [...values] }))
  const paths = toggles(
    trans.__('Backward paths'),
    [
      { value: 'adt', text: 'ADT' },
      { value: 'drtune', text: 'DRTune' },
    ],
    values => set({ paths: [...values] }),
  )
  const steps = slider(trans.__('steps'), value => set({ steps: value }))
  const start = slider(
    trans.__('start'),
    value => set({ start: value - 1 }),
    value => trans.__('step %1', value),
  )
  const K = slider('K', value => set({ K: value }))
  const again = element('button', { type: 'button', class: 'jp-AdtView-button' }, trans.__('Draw again'))
  again.addEventListener('click', () => set({ draw: reader!.draw + 1 }))
  const explorer = element(
    'div',
    { class: 'jp-AdtView-explorer', 'data-export': 'no' },
    element('div', { class: 'jp-AdtView-controls' }, samplers.node, schedules.node, paths.node),
    element('div', { class: 'jp-AdtView-controls' }, steps.node, start.node, K.node, again),
  )
  const controls = element(
    'div',
    { class: 'jp-AdtView-controls', 'data-export': 'no' },
    sources.node,
    quantities.node,
    scales.node,
  )
  const node = element('section', { class: 'jp-AdtView-gradientScale' })
  const menu = exportMenu({ node, name: () => view?.title ?? 'gradient scale', table: () => tableOf(drawings) })
  const head = element('div', { class: 'jp-AdtView-head' }, title, menu)
  node.append(head, controls, explorer, plots, problem.node, summary, readout, numbers.node)
  numbers.node.setAttribute('data-export', 'no')

  const fill = (reader: Reader) => {
    sources.set(reader.source)
    scales.set(reader.scale)
    quantities.set(reader.quantity)
    samplers.set(reader.samplers)
    schedules.set(reader.schedules)
    paths.set(reader.paths)
    steps.set({ min: 1, max: mostSteps, value: reader.steps })
    start.set({ min: 1, max: reader.steps, value: reader.start + 1 })
    K.set({ min: 1, max: Math.min(20, reader.steps), value: reader.K })
    explorer.hidden = reader.source !== 'explore'
  }
  const draw = async () => {
    if (!view || !reader) return
    fill(reader)
    const made = drawingsOf(view, reader)
    drawings = 'problem' in made ? [] : made
    problem.set('problem' in made ? made.problem : undefined)
    const explored = reader.source === 'explore'
    title.textContent = reader.source === 'given' && view.title ? view.title : gradientTitle(reader.quantity)
    const drawn = explored ? drawnSteps(reader) : []
    summary.hidden = !explored || drawings.length === 0
    if (explored && drawings[0]) summary.textContent = drawWords(drawings[0].view, drawn, reader.start)
    if (panels.length !== drawings.length) {
      for (const panel of panels) panel.dispose()
      panels = drawings.map(() =>
        createGradientPanel(words => {
          readout.textContent = words
        }),
      )
      plots.replaceChildren(...panels.map(panel => panel.node))
    }
    readout.textContent = help()
    numbers.update(() => tableOf(drawings))
    const { scale, quantity } = reader
    await Promise.all(panels.map((panel, i) => panel.draw(drawings[i]!, { scale, quantity, drawn })))
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'gradient-scale') return
      view = next
      reader ??= { ...firstReader, scale: next.scale }
      await draw()
    },
    redraw() {
      for (const panel of panels) void panel.redraw()
    },
    dispose() {
      for (const panel of panels) panel.dispose()
    },
  }
}

/** Which steps were drawn, and how much gradient they carry along each path of the first sampler. */
function drawWords({ curves }: GradientScaleView, drawn: readonly number[], start: number): string {
  const [first] = curves
  const listed = drawn.map(index => start + index + 1).join(', ')
  const sizes = curves
    .filter(({ sampler, schedule }) => sampler === first!.sampler && schedule === first!.schedule)
    .map(curve => `${pathName(curve.path)} ${number(carried(curve.w, drawn))}`)
  const whose = [first!.sampler, first!.schedule].filter(Boolean).join(', ')
  return trans._n(
    'Algorithm 1 drew step %2. It carries √Σw² = %3 (%4).',
    'Algorithm 1 drew steps %2. Together they carry √Σw² = %3 (%4).',
    drawn.length,
    listed,
    sizes.join(' · '),
    whose,
  )
}

function tableOf(drawings: readonly Drawing[]): NumbersTable {
  return {
    head: [trans.__('curve'), trans.__('step'), 't', trans.__('gain'), 'a', 'b', 'w'],
    body: drawings.flatMap(({ view }) =>
      view.curves.flatMap(curve =>
        curve.t.map((t, i) => [curveName(curve), i + 1, t, curve.gain[i], curve.a[i], curve.b[i], curve.w[i]]),
      ),
    ),
  }
}
