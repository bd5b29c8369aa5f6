/** The first and the last samples of a run, a column for each prompt. All of them are in the view of the samples. */

import type { Run } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'

export function createSamples(): { readonly node: HTMLElement; update(runs: readonly Run[]): void } {
  const node = element('div', { class: 'jp-AdtView-samples' })
  let drawn = ''
  return {
    node,
    update(runs) {
      const shown = runs.filter(run => run.samples.length > 0).map(run => ({ ...run, samples: ends(run.samples) }))
      const wanted = shown.map(run => `${run.label}:${run.samples.map(row => row.iteration).join()}`).join('\n')
      // Rows are only ever added or dropped: while the list of them stays, so do the pictures, without a flicker.
      if (wanted === drawn) return
      drawn = wanted
      node.replaceChildren(...shown.flatMap(run => strip(run, runs.length > 1)))
    },
  }
}

function ends<T>(rows: readonly T[]): T[] {
  return rows.length < 2 ? [...rows] : [rows[0]!, rows[rows.length - 1]!]
}

function strip(run: Run, labelled: boolean): HTMLElement[] {
  const columns = Math.max(...run.samples.map(row => row.images.length))
  const grid = element('div', {
    class: 'jp-AdtView-strip jp-mod-pixelated',
    style: `grid-template-columns: max-content repeat(${columns}, minmax(32px, 104px))`,
    role: 'group',
    'aria-label': trans.__('Samples of %1', run.label),
  })
  if (run.captions) {
    grid.append(element('span', { class: 'jp-AdtView-rowLabel' }))
    for (let c = 0; c < columns; c++) {
      const caption = run.captions[c] ?? ''
      grid.append(element('span', { class: 'jp-AdtView-columnLabel', title: caption }, caption))
    }
  }
  for (const { iteration, images } of run.samples) {
    grid.append(element('span', { class: 'jp-AdtView-rowLabel' }, String(iteration)))
    for (let c = 0; c < columns; c++) {
      const alt = trans.__('%1, iteration %2', run.captions?.[c] ?? trans.__('sample %1', c + 1), iteration)
      const src = images[c]
      grid.append(src ? element('img', { src, alt, title: alt }) : element('span', {}))
    }
  }
  const title = labelled ? [element('h5', {}, run.label)] : []
  return [...title, element('div', { class: 'jp-AdtView-scroll' }, grid)]
}
