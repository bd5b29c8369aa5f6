/** What the discriminator was given at one moment: pairs of a real and a generated image, each with its score. */

import { number } from '../../../src/views/format.js'
import type { Judged } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { slider } from '../parts/index.js'
import { fakeColour, nearest, realColour } from './model.js'

export interface Moments {
  readonly node: HTMLElement
  update(moments: readonly Judged[]): void
  /** Shows the moment nearest to an iteration. */
  show(iteration: number): void
}

/** @param onShow another moment is shown; the iteration that it belongs to */
export function createMoments(onShow: (iteration: number) => void): Moments {
  const title = element('h5', {})
  const grid = element('div', { class: 'jp-AdtView-judged jp-mod-pixelated' })
  let moments: readonly Judged[] = []
  let shown = -1
  let drawn = ''
  const along = slider(
    trans.__('moment'),
    at => show(at - 1),
    at => trans.__('iteration %1', moments[at - 1]?.iteration ?? ''),
  )
  along.node.classList.add('jp-mod-wide')
  const node = element(
    'div',
    { class: 'jp-AdtView-moments', hidden: '' },
    element('div', { class: 'jp-AdtView-head' }, title, along.node),
    element('div', { class: 'jp-AdtView-scroll' }, grid),
  )
  const fill = () => {
    const moment = moments[shown]
    node.hidden = moment === undefined
    if (!moment) return
    along.set({ min: 1, max: moments.length, value: shown + 1 })
    title.textContent = trans.__('What it was shown at iteration %1', moment.iteration)
    const wanted = `${moment.iteration}:${moment.captions.length}`
    if (wanted === drawn) return
    drawn = wanted
    const scores = [...moment.realScores, ...moment.fakeScores].filter(score => score !== null)
    const most = Math.max(1e-9, ...scores.map(Math.abs))
    grid.style.gridTemplateColumns = `max-content repeat(${moment.captions.length}, minmax(34px, 104px))`
    const row = (name: string, colour: number, pictures: readonly string[], given: Judged['realScores']) => [
      element('span', { class: 'jp-AdtView-rowLabel' }, name),
      ...pictures.map((src, i) => {
        const caption = moment.captions[i]!
        const words = trans.__('%1, %2: score %3', caption, name, number(given[i]))
        return element(
          'figure',
          { title: words },
          element('img', { src, alt: words }),
          scoreBar(given[i] ?? null, most, colour),
          element('figcaption', {}, hundredths(given[i])),
        )
      }),
    ]
    grid.replaceChildren(
      ...row(trans.__('real'), realColour, moment.real, moment.realScores),
      ...row(trans.__('generated'), fakeColour, moment.generated, moment.fakeScores),
      element('span', {}),
      ...moment.captions.map(caption => element('span', { class: 'jp-AdtView-columnLabel', title: caption }, caption)),
    )
  }
  const show = (at: number) => {
    shown = at
    fill()
    if (moments[at]) onShow(moments[at].iteration)
  }
  return {
    node,
    update(next) {
      // Who looks at the latest moment goes on doing so.
      const follows = shown === moments.length - 1
      const at = moments[shown]?.iteration
      moments = next
      shown = follows || at === undefined ? next.length - 1 : nearest(next, at)
      fill()
    },
    show(iteration) {
      if (moments.length > 0) show(nearest(moments, iteration))
    },
  }
}

/** Scores are cosines: of the small ones under small pictures two decimals are enough. */
function hundredths(score: number | null | undefined): string {
  return typeof score === 'number' ? (Math.round(100 * score) / 100).toFixed(2).replace('-', '−') : number(score)
}

/** From the middle to the right for a score above 0, to the left below. */
function scoreBar(score: number | null, most: number, colour: number): HTMLElement {
  const share = (50 * Math.abs(score ?? 0)) / most
  const left = (score ?? 0) < 0 ? 50 - share : 50
  const bar = element('i', {
    style: `left: ${left.toFixed(1)}%; width: ${share.toFixed(1)}%; background: var(--jp-adt-color${colour + 1})`,
  })
  return element('div', { class: 'jp-AdtView-score', 'aria-hidden': 'true' }, bar)
}
