/** A sweep: the heatmap over two settings, the trials beside it, all of them in parallel coordinates and as curves below. */

import type { NumbersTable } from '../../../src/views/numbers.js'
import { parseView, type Scalar, type SweepTrial, type SweepView } from '../../../src/views/schema.js'
import { type Filter, parseFilter, passes, withDemand } from '../../../src/views/sweepFilter.js'
import { type Measure, measuredBy } from '../../../src/views/sweepMeasure.js'
import { type Cell, type Heatmap, heatmapOf } from '../../../src/views/sweepModel.js'
import {
  bestFirst,
  cellWords,
  placeText,
  sweepStatusNow,
  trialColumns,
  trialCount,
  trialNames,
} from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { exportMenu, tableTwin } from '../parts/index.js'
import type { SessionOf } from '../sessions.js'
import type { Memory, ViewComponent } from '../viewComponent.js'
import { createSweepControls } from './controls.js'
import { createCurvesPanel, type Strong } from './curves.js'
import { createSweepDetail } from './detail.js'
import { createFilterBox } from './filterBox.js'
import { createHeatmap, type Place } from './heatmap.js'
import { followNews, type News } from './news.js'
import { createParallel } from './parallel.js'
import { measureOf, type Reader, readerSchema } from './reader.js'
import { linkStudy, type StudyLink } from './studyLink.js'
import { createTrials } from './trials.js'

const help = () => trans.__('Point at a cell for its seeds; click it, or press Enter, to see its trials alone.')
/** How often a view of running trials looks whether news still come. */
const watchEvery = 15_000
/** While a brush moves, curves wait for a pause: they are the slowest to draw. */
const settle = 90

/** @param sessionOf finds the kernel that runs the study, so that trials can be asked for */
export function createSweep({ saved, save, keep: store }: Memory, sessionOf: SessionOf): ViewComponent {
  const restored = readerSchema.safeParse(saved)
  const reader: Reader = restored.success ? restored.data : {}
  /** As it came, and with the value of each trial that the reader chose. */
  let [stored, view]: (SweepView | undefined)[] = []
  let heatmap: Heatmap | undefined
  let measure: Measure = measureOf(reader)
  let filter: Filter = { terms: [], problems: [] }
  let shown: ReadonlySet<string> = new Set()
  const held = new Map<string, Scalar>()
  let place: Place | undefined
  let trial: string | undefined
  let pointed: Strong | undefined
  let link: StudyLink | undefined
  let news: News | undefined
  let linked: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const title = element('h4', { class: 'jp-AdtView-title' })
  const status = element('p', { class: 'jp-AdtView-status' })
  const readout = element('p', { class: 'jp-AdtView-readout', 'aria-live': 'polite' }, help())
  const controls = createSweepControls(
    {
      onAxes(next) {
        reader.axes = [...next]
        choose()
      },
      onHeld(dimension, value) {
        held.set(dimension, value)
        choose()
      },
      onMeasure(next) {
        measure = next
        reader.measure = next.kind
        if (next.kind === 'at') reader.at = next.iteration
        keep()
      },
    },
    measure,
  )
  const grid = createHeatmap({
    onPoint(at) {
      pointed = at && strongAt(at)
      readout.textContent = wordsAt(at ?? place)
      drawSoon()
    },
    onPick(at) {
      place = place && place.row === at.row && place.column === at.column ? undefined : at
      trial = undefined
      fill()
    },
  })
  const filterBox = createFilterBox(text => demand(text))
  const trials = createTrials({
    onPoint(key) {
      const one = trialOf(key)
      pointed = one && { keys: new Set([one.key]), name: trialNames(view!)(one) }
      drawSoon()
    },
    onPick(key) {
      trial = trial === key ? undefined : key
      fill()
    },
  })
  const detail = createSweepDetail(async (action, keys) => {
    detail.say(trans.__('Asked …'), false)
    try {
      const { ok, message } = await link!.order(action, keys)
      detail.say(message, !ok)
    } catch (error) {
      detail.say((error as Error).message, true)
    }
  })
  const parallel = createParallel({
    onBrush: (column, wanted) => view && demand(withDemand(reader.filter ?? '', trialColumns(view), column, wanted)),
    onClear: () => demand(''),
  })
  const curves = createCurvesPanel(reader.scale, scale => {
    reader.scale = scale
    save({ ...reader })
  })
  const numbers = tableTwin()
  const node = element('section', { class: 'jp-AdtView-sweep' })
  const menu = exportMenu({ node, name: () => view?.title ?? 'sweep', table: () => tableOf(view, shown) })
  const list = element('div', { class: 'jp-AdtView-list' }, filterBox.node, trials.node)
  for (const part of [controls.node, filterBox.node, numbers.node]) part.setAttribute('data-export', 'no')
  node.append(
    element('div', { class: 'jp-AdtView-head' }, title, menu),
    element('div', { class: 'jp-AdtView-head' }, status, controls.node),
    element(
      'div',
      { class: 'jp-AdtView-split' },
      element('div', { class: 'jp-AdtView-map' }, grid.node, readout, detail.node),
      list,
    ),
    parallel.node,
    curves.node,
    numbers.node,
  )

  const trialOf = (key: string | undefined): SweepTrial | undefined => view?.trials.find(one => one.key === key)
  const cellAt = ({ row, column }: Place): Cell | undefined => heatmap?.cells[row]?.[column]
  const wordsAt = (at: Place | undefined) => {
    if (!view || !heatmap || !at || !cellAt(at)) return help()
    return [
      ...cellWords(view, heatmap, at.row, at.column),
      ...(at === place ? [trans.__('the same again shows all trials')] : []),
    ].join(' · ')
  }
  const strongAt = (at: Place): Strong | undefined => {
    const cell = cellAt(at)
    if (!view || !heatmap || !cell) return undefined
    const place = placeText(view, heatmap, at.row, at.column)
    return { keys: keysOf(cell), name: cell === heatmap.best ? trans.__('%1, best', place) : place }
  }
  const strongBest = () => {
    const row = heatmap?.cells.findIndex(line => line.some(cell => cell === heatmap?.best)) ?? -1
    return row < 0 ? undefined : strongAt({ row, column: heatmap!.cells[row]!.indexOf(heatmap!.best!) })
  }
  const strongNow = (): Strong | undefined => {
    const one = trialOf(trial)
    if (pointed) return pointed
    if (one) return { keys: new Set([one.key]), name: trialNames(view!)(one) }
    return (place && strongAt(place)) ?? strongBest()
  }
  const choose = () => {
    place = undefined
    pointed = undefined
    keep()
  }
  const keep = () => {
    save({ ...reader })
    fill()
  }
  const demand = (text: string) => {
    reader.filter = text
    keep()
  }
  const picked = () => {
    const one = trialOf(trial)
    if (one) return { name: trialNames(view!)(one), trials: [one] }
    const cell = place && cellAt(place)
    return cell && { name: placeText(view!, heatmap!, place!.row, place!.column), trials: cell.trials }
  }
  const fill = () => {
    if (!stored) return
    view = measuredBy(stored, measure)
    heatmap = heatmapOf(view, { axes: reader.axes ?? view.axes, held })
    title.textContent = view.title ?? trans.__('%1 over settings', view.metric.name)
    status.textContent = sweepStatusNow(view, Date.now())
    controls.update(view, heatmap, reader.axes ?? view.axes)
    if (place && !cellAt(place)) place = undefined
    const cell = place && cellAt(place)
    grid.update(view, heatmap, cell)
    const columns = trialColumns(view)
    filter = parseFilter(reader.filter ?? '', columns)
    const only = cell && keysOf(cell)
    const passing = view.trials.filter(one => (!only || only.has(one.key)) && passes(filter, one, columns))
    shown = new Set(passing.map(({ key }) => key))
    const count =
      shown.size === view.trials.length
        ? trialCount(view.trials.length)
        : trans.__('%1 of %2 trials', shown.size, view.trials.length)
    filterBox.update(reader.filter ?? '', filter.problems[0] ?? count, filter.problems.length > 0)
    trials.update(view, ({ key }) => shown.has(key), trial)
    detail.update(view, picked())
    parallel.update(view, filter, shown)
    numbers.update(() => tableOf(view, shown))
    readout.textContent = wordsAt(place)
    drawSoon()
  }
  const draw = async () => {
    const all = shown.size === view?.trials.length
    const strong = strongNow()
    parallel.point(strong?.keys ?? new Set())
    await curves.draw(strong, all ? undefined : shown, measure.kind === 'at' ? measure.iteration : undefined)
  }
  const drawSoon = () => {
    parallel.point(strongNow()?.keys ?? new Set())
    clearTimeout(timer)
    timer = setTimeout(() => void draw(), settle)
  }
  /** Only where it stands does an output belong to a kernel. */
  const connect = () => {
    if (!stored || !node.isConnected) return
    if (stored.live) news ??= followNews(sessionOf(node), take)
    news?.has(stored.live)
    if (stored.control === linked) return
    link?.dispose()
    linked = stored.control
    link = linked === undefined ? undefined : linkStudy(sessionOf(node), linked, detail.steer)
  }
  const watch = setInterval(() => {
    if (view) status.textContent = sweepStatusNow(view, Date.now())
  }, watchEvery)

  const update = async (next: SweepView) => {
    stored = next
    curves.update(next)
    fill()
    connect()
    clearTimeout(timer)
    await draw()
  }
  const take = (payload: unknown) => {
    const parsed = parseView(payload)
    if ('problem' in parsed || parsed.view.view !== 'sweep') return
    void update(parsed.view)
    if (!parsed.view.live) store?.(parsed.view)
  }

  return {
    node,
    async update(next) {
      if (next.view === 'sweep') await update(next)
    },
    attached: connect,
    redraw: () => void draw(),
    dispose() {
      clearInterval(watch)
      clearTimeout(timer)
      link?.dispose()
      news?.dispose()
      parallel.dispose()
      curves.dispose()
    },
  }
}

/** The trials that pass the filter, every digit kept. */
function tableOf(view: SweepView | undefined, shown: ReadonlySet<string>): NumbersTable {
  if (!view) return { head: [], body: [] }
  const columns = trialColumns(view)
  const trials = bestFirst(view).filter(({ key }) => shown.has(key))
  return {
    head: columns.map(({ name }) => name),
    body: trials.map(trial =>
      columns.map(column => (column.numeric ? (column.rank(trial) as number | null) : column.text(trial))),
    ),
  }
}

function keysOf(cell: Cell | undefined): ReadonlySet<string> {
  return new Set(cell?.trials.map(({ key }) => key))
}
