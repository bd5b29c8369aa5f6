/** The samples view: prompt × iteration as a grid, two of the rows side by side, or one over the other with a wipe. */

import * as z from 'zod'
import type { Run, RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { choice, exportMenu, hint, ownKeys, slider } from '../parts/index.js'
import { createRunChoice } from '../runChoice.js'
import { groundOf } from '../theme.js'
import type { Memory, ViewComponent } from '../viewComponent.js'
import {
  type Compared,
  firstAndLast,
  type Pair,
  pairsOf,
  promptName,
  type Row,
  type RowKey,
  rowsOf,
  samplesTable,
  stillThere,
} from './model.js'
import { wipe } from './wipe.js'

const rowKey = z.union([z.number(), z.literal('reference')])

/** What the reader has set. */
const readerSchema = z.object({
  mode: z.enum(['grid', 'beside', 'wipe']),
  /** Of a picture in the grid, in CSS pixels. */
  width: z.number().min(28).max(192),
  /** Where the wipe is, in hundredths. */
  share: z.number().min(0).max(100),
  compared: z.object({ a: rowKey, b: rowKey, prompt: z.number().optional() }).optional(),
})
type Mode = z.infer<typeof readerSchema>['mode']

/** Widths of a picture, in CSS pixels: in the grid, compared, and of one prompt alone. The least stands for what fits. */
const zooms = { min: 28, max: 192 }
const fitting = 'minmax(32px, 112px)'
const comparedWidth = 128
const largeWidth = 288

export function createSampleView({ saved, save }: Memory): ViewComponent {
  let view: RunView | undefined
  let run: Run | undefined
  let rows: readonly Row[] = []
  const restored = readerSchema.safeParse(saved).data
  let { mode, width, share } = restored ?? { mode: 'grid' as Mode, width: zooms.min, share: 50 }
  let compared: Compared | undefined = restored?.compared && { prompt: undefined, ...restored.compared }
  const keep = () => save({ mode, width, share, ...(compared && { compared: { ...compared } }) })
  let drawn = ''

  const runs = createRunChoice(() => fill())
  const modes = choice<Mode>(
    trans.__('Drawing'),
    [
      { value: 'grid', text: trans.__('grid') },
      { value: 'beside', text: trans.__('side by side') },
      { value: 'wipe', text: trans.__('wipe') },
    ],
    next => {
      mode = next
      fill()
      keep()
    },
  )
  const zoom = slider(
    trans.__('zoom'),
    value => {
      width = value
      size()
      keep()
    },
    value => (value === zooms.min ? trans.__('fit') : `${value} px`),
  )
  zoom.set({ ...zooms, value: width })
  const prompts = list(trans.__('prompt'), at => compare({ prompt: at === 0 ? undefined : at - 1 }))
  const first = list(trans.__('left'), at => compare({ a: rows[at]!.key }))
  const second = list(trans.__('right'), at => compare({ b: rows[at]!.key }))
  const ends = element('button', { type: 'button', class: 'jp-AdtView-button' }, trans.__('Before / after'))
  ends.addEventListener('click', () => {
    const keys = firstAndLast(rows)
    if (keys) compare({ a: keys[0], b: keys[1] })
  })
  const chosen = element(
    'div',
    { class: 'jp-AdtView-controls', 'data-export': 'no' },
    prompts.node,
    first.node,
    second.node,
    ends,
  )
  const empty = hint()
  const body = element('div', { class: 'jp-AdtView-sampleBody jp-mod-pixelated' })
  const size = () => body.style.setProperty('--picture', width === zooms.min ? fitting : `${width}px`)
  size()
  const node = element('section', { class: 'jp-AdtView-sampleView' })
  const menu = exportMenu({
    node,
    name: () => `${run?.label ?? 'run'} samples`,
    table: () => (run ? samplesTable(run) : { head: [], body: [] }),
  })
  const head = element(
    'div',
    { class: 'jp-AdtView-head' },
    element('h4', { class: 'jp-AdtView-title' }, trans.__('Samples')),
    element('div', { class: 'jp-AdtView-controls', 'data-export': 'no' }, runs.node, modes.node, zoom.node, menu),
  )
  node.append(head, chosen, empty.node, body)

  const compare = (changes: Partial<Compared>) => {
    if (compared) compared = { ...compared, ...changes }
    fill()
    keep()
  }
  /** Pressing a picture: that prompt before and then. */
  const look = (key: RowKey, prompt: number) => {
    const keys = firstAndLast(rows)
    if (!keys) return
    mode = key === 'reference' || key === keys[0] ? 'beside' : 'wipe'
    compare({ a: keys[0], b: key, prompt })
  }
  const fill = () => {
    if (!view) return
    node.style.setProperty('--jp-adt-ground', groundOf(node))
    run = runs.update(view.runs)
    rows = rowsOf(run)
    compared = stillThere(rows, compared)
    modes.set(mode)
    chosen.hidden = mode === 'grid' || !compared
    zoom.node.hidden = mode !== 'grid'
    empty.set(
      compared
        ? undefined
        : trans.__(
            'No samples yet. They are drawn every samplesEvery iterations, for the prompts in settings.prompts.',
          ),
    )
    prompts.set(
      [
        trans.__('all'),
        ...Array.from({ length: Math.max(0, ...rows.map(({ images }) => images.length)) }, (_, i) =>
          promptName(run!, i),
        ),
      ],
      compared?.prompt === undefined ? 0 : compared.prompt + 1,
    )
    const at = (key: RowKey | undefined) => rows.findIndex(row => row.key === key)
    first.set(
      rows.map(({ name }) => name),
      at(compared?.a),
    )
    second.set(
      rows.map(({ name }) => name),
      at(compared?.b),
    )
    // While the same pictures are wanted they stay, without a flicker.
    const wanted = JSON.stringify([run.label, mode, compared, rows.map(({ key, images }) => [key, images.length])])
    if (wanted === drawn) return
    drawn = wanted
    body.replaceChildren(...(compared ? (mode === 'grid' ? [gridOf(run, rows, look)] : comparison(compared)) : []))
  }
  const comparison = (compared: Compared): HTMLElement[] => {
    const pairs = pairsOf(rows, compared)
    const name = (key: RowKey) => rows.find(row => row.key === key)?.name ?? ''
    const [left, right] = [name(compared.a), name(compared.b)]
    const wide = compared.prompt === undefined ? comparedWidth : largeWidth
    const tiles = element('div', { class: `jp-AdtView-pairs jp-mod-${mode}`, style: `--picture: ${wide}px` })
    if (mode === 'beside') {
      tiles.append(...pairs.map(pair => beside(pair, promptName(run!, pair.prompt), left, right)))
      return [tiles]
    }
    const wipes = pairs.map(pair => wipe(pair, promptName(run!, pair.prompt), left, right, moved))
    const along = slider(trans.__('wipe'), moved, value => `${value} % ${left}`)
    along.node.classList.add('jp-mod-wide')
    const show = () => {
      along.set({ min: 0, max: 100, value: share })
      for (const one of wipes) one.set(share)
    }
    function moved(value: number): void {
      share = Math.round(value)
      show()
      keep()
    }
    show()
    tiles.append(...wipes.map(one => one.node))
    const sides = element(
      'span',
      { class: 'jp-AdtView-readout' },
      trans.__('left of the edge: %1 · right of it: %2', left, right),
    )
    return [element('div', { class: 'jp-AdtView-controls' }, along.node, sides), tiles]
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'run') return
      view = next
      fill()
    },
    redraw: fill,
    dispose() {},
  }
}

function gridOf(run: Run, rows: readonly Row[], onPick: (key: RowKey, prompt: number) => void): HTMLElement {
  const columns = Math.max(...rows.map(({ images }) => images.length))
  const cells = rows.flatMap(({ key, name, images }) => [
    element('span', { class: 'jp-AdtView-rowLabel' }, name),
    ...Array.from({ length: columns }, (_, prompt) => {
      const src = images[prompt]
      if (!src) return element('span', { class: 'jp-AdtView-gap' })
      const words = `${promptName(run, prompt)}, ${name}`
      const button = element('button', { type: 'button', title: words }, element('img', { src, alt: words }))
      button.addEventListener('click', () => onPick(key, prompt))
      return button
    }),
  ])
  const heads = Array.from({ length: columns }, (_, prompt) => {
    const name = promptName(run, prompt)
    return element('span', { class: 'jp-AdtView-columnLabel', title: name }, name)
  })
  const grid = element(
    'div',
    {
      class: 'jp-AdtView-sampleGrid',
      style: `grid-template-columns: max-content repeat(${columns}, var(--picture))`,
      role: 'group',
      'aria-label': trans.__('Samples of %1: press a picture to compare it', run.label),
    },
    element('span', {}),
    ...heads,
    ...cells,
  )
  return element('div', { class: 'jp-AdtView-scroll' }, grid)
}

function beside({ a, b }: Pair, prompt: string, left: string, right: string): HTMLElement {
  const side = (src: string | null, name: string) => {
    const words = `${prompt}, ${name}`
    const picture = src
      ? element('img', { src, alt: words, title: words })
      : element('span', { class: 'jp-AdtView-gap' })
    return element('div', {}, picture, element('small', {}, name))
  }
  return element(
    'figure',
    {},
    element('div', { class: 'jp-AdtView-two' }, side(a, left), side(b, right)),
    element('figcaption', {}, prompt),
  )
}

/** A labelled list to choose from; its entries are only changed when they differ. */
function list(label: string, onChange: (index: number) => void) {
  const select = ownKeys(element('select', {}))
  select.addEventListener('change', () => onChange(select.selectedIndex))
  let drawn = ''
  return {
    node: element('label', { class: 'jp-AdtView-select' }, element('span', {}, label), select),
    set(names: readonly string[], selected: number) {
      if (names.join('\n') !== drawn) select.replaceChildren(...names.map(name => element('option', {}, name)))
      drawn = names.join('\n')
      select.selectedIndex = selected
    },
  }
}
