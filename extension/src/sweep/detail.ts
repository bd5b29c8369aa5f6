/** What the reader picked, a cell or a trial: its state in words, why it was stopped, and what can be asked for it. */

import type { SweepTrial, SweepView } from '../../../src/views/schema.js'
import { type Action, actionFor } from '../../../src/views/sweepOrders.js'
import { stateWord, whyStopped } from '../../../src/views/sweepWords.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { ownKeys } from '../parts/index.js'
import { stateIcon } from './states.js'

export interface SweepDetail {
  readonly node: HTMLElement
  /**
   * @param picked what is picked, by name; undefined: nothing, and all trials are meant
   */
  update(view: SweepView, picked: { readonly name: string; readonly trials: readonly SweepTrial[] } | undefined): void
  /** Says what became of an order, until the next one. */
  say(message: string, wrong: boolean): void
  /** Whether orders are taken, and why not. */
  steer(taken: boolean, why: string): void
}

const one = (action: Action): string =>
  ({ launch: trans.__('Run'), stop: trans.__('Stop'), resume: trans.__('Resume') })[action]
const many = (action: Action, count: number): string =>
  ({
    launch: trans.__('Run %1 waiting', count),
    stop: trans.__('Stop %1 running', count),
    resume: trans.__('Resume %1 ended early', count),
  })[action]

/** @param onOrder what is asked, for which trials; gives when it was answered */
export function createSweepDetail(onOrder: (action: Action, keys: readonly string[]) => Promise<void>): SweepDetail {
  const words = element('div', { class: 'jp-AdtView-detailWords' })
  const buttons = element('div', { class: 'jp-AdtView-orders' })
  const answer = element('p', { class: 'jp-AdtView-answer', role: 'status' })
  const node = ownKeys(element('div', { class: 'jp-AdtView-detail' }, words, buttons, answer))
  let taken = false
  let why = ''
  let busy = false
  let last: Parameters<SweepDetail['update']> | undefined

  const buttonOf = (action: Action, keys: readonly string[], several: boolean) => {
    const text = several ? many(action, keys.length) : one(action)
    const button = element('button', { type: 'button', 'data-action': action }, text)
    button.disabled = busy || !taken
    button.addEventListener('click', async () => {
      busy = true
      draw()
      try {
        await onOrder(action, keys)
      } finally {
        busy = false
        draw()
        buttons.querySelector('button')?.focus()
      }
    })
    return button
  }
  const draw = () => {
    if (!last) return
    const [view, picked] = last
    words.replaceChildren(...wordsOf(view, picked))
    buttons.hidden = view.control === undefined
    if (view.control === undefined) return
    const trials = picked?.trials ?? view.trials
    const several = picked?.trials.length !== 1
    const wanted = (['launch', 'stop', 'resume'] as const).flatMap(action => {
      const keys = trials.filter(trial => actionFor(trial) === action).map(({ key }) => key)
      return keys.length > 0 ? [buttonOf(action, keys, several)] : []
    })
    // While a button is held it stays: a click would be lost.
    const same =
      wanted.map(({ textContent }) => textContent).join() + taken + busy + trials.map(({ key }) => key).join()
    if (buttons.dataset.same !== same) buttons.replaceChildren(...wanted)
    buttons.dataset.same = same
    if (!taken && wanted.length > 0) buttons.append(element('span', { class: 'jp-AdtView-why' }, why))
  }
  return {
    node,
    update(...next) {
      last = next
      draw()
    },
    say(message, wrong) {
      answer.textContent = message
      answer.classList.toggle('jp-mod-wrong', wrong)
    },
    steer(now, reason) {
      taken = now
      why = reason
      draw()
    },
  }
}

function wordsOf(view: SweepView, picked: Parameters<SweepDetail['update']>[1]): Node[] {
  if (!picked) return []
  const [only, ...others] = picked.trials
  const title = element('strong', {}, picked.name)
  if (!only || others.length > 0) return [title]
  const reason = whyStopped(only, view)
  return [
    title,
    element('span', { class: 'jp-AdtView-is' }, stateIcon(only.state), stateWord(only.state)),
    ...(reason ? [element('span', {}, reason)] : []),
    ...(only.message ? [element('span', { class: 'jp-AdtView-message' }, only.message)] : []),
  ]
}
