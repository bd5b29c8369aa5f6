/** What a sweep's reader sets: the heatmap's axes, what is held where, and which of a trial's values counts. */

import type { Scalar, SweepView } from '../../../src/views/schema.js'
import { lastIteration, type Measure } from '../../../src/views/sweepMeasure.js'
import { dimensionsOf, type Heatmap } from '../../../src/views/sweepModel.js'
import { namesOf, scalarText } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { choice, ownKeys } from '../parts/index.js'

export interface SweepControlsEvents {
  readonly onAxes: (axes: readonly string[]) => void
  readonly onHeld: (dimension: string, value: Scalar) => void
  readonly onMeasure: (measure: Measure) => void
}

export interface SweepControls {
  readonly node: HTMLElement
  update(view: SweepView, heatmap: Heatmap, axes: readonly string[]): void
}

/** @param first which value counts at first */
export function createSweepControls({ onAxes, onHeld, onMeasure }: SweepControlsEvents, first: Measure): SweepControls {
  const lists = element('div', { class: 'jp-AdtView-controls' })
  const measure = createMeasure(onMeasure, first)
  // Lists stay while they offer the same, and with them their listeners: those read the axes as they now are.
  let now: readonly string[] = []
  return {
    node: ownKeys(element('div', { class: 'jp-AdtView-controls' }, measure.node, lists)),
    update(view, heatmap, axes) {
      measure.update(view)
      now = axes
      fillLists(lists, listsOf(view, heatmap))
    },
  }

  function listsOf(view: SweepView, heatmap: Heatmap): HTMLElement[] {
    const name = namesOf(view)
    const varying = dimensionsOf(view).filter(({ values }) => values.length > 1)
    const offered = varying.length > 0 ? varying : [heatmap.across]
    const axisChoice = (label: string, index: number) =>
      select(
        label,
        offered.map(dimension => name(dimension.name)),
        offered.findIndex(dimension => dimension.name === heatmap[index === 0 ? 'across' : 'down']?.name),
        chosen => {
          const next = [...now]
          const other = 1 - index
          if (next[other] === offered[chosen]!.name) next[other] = next[index]!
          next[index] = offered[chosen]!.name
          onAxes(next)
        },
      )
    return [
      axisChoice(trans.__('across'), 0),
      ...(heatmap.down ? [axisChoice(trans.__('down'), 1)] : []),
      ...heatmap.held.map(({ dimension, value }) =>
        select(name(dimension.name), dimension.values.map(scalarText), dimension.values.indexOf(value), chosen =>
          onHeld(dimension.name, dimension.values[chosen]!),
        ),
      ),
    ]
  }
}

/** While nothing is to be chosen otherwise, the lists stay: one that is open would close. */
function fillLists(holder: HTMLElement, wanted: readonly HTMLElement[]): void {
  const same =
    wanted.length === holder.children.length && wanted.every((made, i) => made.isEqualNode(holder.children[i]!))
  if (!same) {
    const at = [...holder.children].findIndex(child => child.contains(document.activeElement))
    holder.replaceChildren(...wanted)
    if (at >= 0) wanted[at]?.querySelector('select')?.focus()
  }
  for (const [i, made] of wanted.entries()) {
    holder.children[i]!.querySelector('select')!.selectedIndex = made.querySelector('select')!.selectedIndex
  }
}

/** Last, best or at an iteration. */
function createMeasure(
  onMeasure: (measure: Measure) => void,
  first: Measure,
): { node: HTMLElement; update(view: SweepView): void } {
  let kind = first.kind
  const input = element('input', {
    type: 'number',
    min: '0',
    step: '1',
    'aria-label': trans.__('Iteration that counts'),
  })
  const tell = () => onMeasure(kind === 'at' ? { kind, iteration: Math.max(0, Number(input.value)) } : { kind })
  const kinds = choice(
    trans.__('Value that counts for a trial'),
    [
      { value: 'last', text: trans.__('last') },
      { value: 'best', text: trans.__('best') },
      { value: 'at', text: trans.__('at iteration') },
    ] as const,
    chosen => {
      kind = chosen
      input.hidden = kind !== 'at'
      tell()
    },
  )
  kinds.set(kind)
  input.hidden = kind !== 'at'
  if (first.kind === 'at') input.value = String(first.iteration)
  input.addEventListener('input', tell)
  const label = element('span', { 'aria-hidden': 'true' }, trans.__('value'))
  const node = element('div', { class: 'jp-AdtView-measure' }, label, kinds.node, input)
  return {
    node,
    update(view) {
      const last = lastIteration(view)
      node.hidden = last === 0
      input.max = String(last)
      if (input.value === '') input.value = String(Math.round(last / 2))
    },
  }
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
  return element('label', { class: 'jp-AdtView-select' }, element('span', {}, label), list)
}
