/** A sweep: the heatmap over two settings, the trials beside it, the curves of all of them below. */

import type { Scalar, SweepView } from '../../src/views/schema.js'
import { type Cell, dimensionsOf, type Heatmap, heatmapOf } from '../../src/views/sweepModel.js'
import { cellWords, namesOf, placeText, scalarText, sweepStatusNow, trialNames } from '../../src/views/sweepWords.js'
import { createChart } from './chart.js'
import { element } from './dom.js'
import { createHeatmap, type Place } from './heatmap.js'
import { swatch } from './legend.js'
import { type SweepCurves, strongColour, sweepCurves, sweepFigure } from './sweepFigure.js'
import { themeOf } from './theme.js'
import { createTrials } from './trials.js'
import type { ViewComponent } from './viewComponent.js'

const help = 'Point at a cell for its seeds; click it, or press Enter, to see its trials alone.'
const back = 'the same again shows all trials'
/** How often a view of running trials looks whether news still come. */
const watchEvery = 15_000

/** The trials whose curves stand out, and what they are called. */
interface Strong {
  readonly keys: ReadonlySet<string>
  readonly name: string
}

export function createSweep(): ViewComponent {
  let view: SweepView | undefined
  let curves: SweepCurves | undefined
  let heatmap: Heatmap | undefined
  let axes: readonly string[] | undefined
  const held = new Map<string, Scalar>()
  let picked: Place | undefined
  let pointed: Strong | undefined
  let frame = 0

  const title = element('h4', { class: 'jp-AdtView-title' })
  const controls = element('div', { class: 'jp-AdtView-controls' })
  const status = element('p', { class: 'jp-AdtView-status' })
  const readout = element('p', { class: 'jp-AdtView-readout', 'aria-live': 'polite' }, help)
  const grid = createHeatmap({
    onPoint(place) {
      pointed = place && strongAt(place)
      readout.textContent = wordsAt(place ?? picked)
      drawSoon()
    },
    onPick(place) {
      picked = picked && picked.row === place.row && picked.column === place.column ? undefined : place
      fill()
      drawSoon()
    },
  })
  const trials = createTrials(key => {
    const trial = view?.trials.find(one => one.key === key)
    pointed = trial && { keys: new Set([trial.key]), name: trialNames(view!)(trial) }
    drawSoon()
  })
  const caption = element('p', { class: 'jp-AdtView-readout' })
  const chart = createChart()
  chart.node.setAttribute('role', 'img')
  const map = element('div', { class: 'jp-AdtView-map' }, grid.node, readout)
  const node = element(
    'section',
    { class: 'jp-AdtView-sweep' },
    element('div', { class: 'jp-AdtView-head' }, title, controls),
    status,
    element('div', { class: 'jp-AdtView-split' }, map, trials.node),
    caption,
    chart.node,
  )

  const cellAt = ({ row, column }: Place): Cell | undefined => heatmap?.cells[row]?.[column]
  const wordsAt = (place: Place | undefined) => {
    if (!view || !heatmap || !place || !cellAt(place)) return help
    const words = cellWords(view, heatmap, place.row, place.column)
    return [...words, ...(place === picked ? [back] : [])].join(' · ')
  }
  const strongAt = (place: Place): Strong | undefined => {
    const cell = cellAt(place)
    if (!view || !heatmap || !cell) return undefined
    const best = cell === heatmap.best ? ', best' : ''
    return { keys: keysOf(cell), name: `${placeText(view, heatmap, place.row, place.column)}${best}` }
  }
  const strongBest = () => {
    const row = heatmap?.cells.findIndex(line => line.some(cell => cell === heatmap?.best)) ?? -1
    return row < 0 ? undefined : strongAt({ row, column: heatmap!.cells[row]!.indexOf(heatmap!.best!) })
  }
  const choose = () => {
    picked = undefined
    pointed = undefined
    fill()
    drawSoon()
  }

  const fillControls = () => {
    if (!view || !heatmap) return
    const name = namesOf(view)
    const varying = dimensionsOf(view).filter(({ values }) => values.length > 1)
    const offered = varying.length > 0 ? varying : [heatmap.across]
    const axisChoice = (label: string, index: number) =>
      select(
        label,
        offered.map(dimension => name(dimension.name)),
        offered.findIndex(dimension => dimension.name === heatmap![index === 0 ? 'across' : 'down']?.name),
        chosen => {
          const next = [...(axes ?? view!.axes)]
          const other = 1 - index
          if (next[other] === offered[chosen]!.name) next[other] = next[index]!
          next[index] = offered[chosen]!.name
          axes = next
          choose()
        },
      )
    const wanted = [
      axisChoice('across', 0),
      ...(heatmap.down ? [axisChoice('down', 1)] : []),
      ...heatmap.held.map(({ dimension, value }) =>
        select(name(dimension.name), dimension.values.map(scalarText), dimension.values.indexOf(value), chosen => {
          held.set(dimension.name, dimension.values[chosen]!)
          choose()
        }),
      ),
    ]
    // While nothing is to be chosen otherwise, the controls stay: a list that is open would close.
    const same =
      wanted.length === controls.children.length && wanted.every((made, i) => made.isEqualNode(controls.children[i]!))
    if (!same) {
      const at = [...controls.children].findIndex(child => child.contains(document.activeElement))
      controls.replaceChildren(...wanted)
      if (at >= 0) wanted[at]?.querySelector('select')?.focus()
    }
    for (const [i, made] of wanted.entries()) {
      const own = controls.children[i]!.querySelector('select')!
      own.selectedIndex = made.querySelector('select')!.selectedIndex
    }
  }
  const fill = () => {
    if (!view) return
    heatmap = heatmapOf(view, { axes: axes ?? view.axes, held })
    title.textContent = view.title ?? `${view.metric.name} over settings`
    status.textContent = sweepStatusNow(view, Date.now())
    fillControls()
    if (picked && !cellAt(picked)) picked = undefined
    const cell = picked && cellAt(picked)
    grid.update(view, heatmap, cell)
    const only = cell && keysOf(cell)
    trials.update(view, ({ key }) => !only || only.has(key))
    readout.textContent = wordsAt(picked)
    const count = view.trials.filter(({ curve }) => curve).length
    chart.node.hidden = count === 0
    caption.hidden = count === 0
    chart.node.setAttribute('aria-label', `${view.metric.name} over iterations of ${count} trials`)
  }
  const draw = async () => {
    if (!curves || chart.node.hidden) return
    const drawn = curves
    const strong = pointed ?? (picked && strongAt(picked)) ?? strongBest()
    caption.replaceChildren(
      `${drawn.metric} of every trial`,
      ...(strong ? [' · ', swatch({ colour: strongColour, dashed: false }), ` ${strong.name}`] : []),
    )
    await chart.draw(() => sweepFigure(drawn, strong?.keys ?? new Set(), themeOf(node)))
  }
  const drawSoon = () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(() => void draw())
  }
  const watch = setInterval(() => {
    if (view) status.textContent = sweepStatusNow(view, Date.now())
  }, watchEvery)

  return {
    node,
    async update(next) {
      if (next.view !== 'sweep') return
      view = next
      curves = sweepCurves(next)
      fill()
      await draw()
    },
    redraw: () => void draw(),
    dispose() {
      clearInterval(watch)
      cancelAnimationFrame(frame)
      chart.dispose()
    },
  }
}

function keysOf(cell: Cell | undefined): ReadonlySet<string> {
  return new Set(cell?.trials.map(({ key }) => key))
}

/** A labelled list to choose from. */
function select(
  label: string,
  options: readonly string[],
  selected: number,
  onChange: (index: number) => void,
): HTMLElement {
  const list = element('select', {}, ...options.map(text => element('option', {}, text)))
  list.selectedIndex = selected
  list.addEventListener('change', () => onChange(list.selectedIndex))
  // JupyterLab's shortcuts must not take the keys that choose.
  list.addEventListener('keydown', event => event.stopPropagation())
  return element('label', { class: 'jp-AdtView-select' }, element('span', {}, label), list)
}
