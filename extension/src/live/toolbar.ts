/** The toolbar of a run: how it is, buttons that pause and stop it, fields that change it. */

import type { Action } from '../../../src/tuning/action.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { type Knob, knobAction, knobText, type Told, toolbarState } from './toolbarModel.js'

export interface Toolbar {
  readonly node: HTMLElement
  update(told: Told): void
}

type Icon = 'pause' | 'play' | 'stop' | 'picture'

/** Paths on a grid of 16 by 16. */
const icons: Record<Icon, string> = {
  pause: 'M4.5 3h2.4v10H4.5zM9.1 3h2.4v10H9.1z',
  play: 'M4.6 2.9v10.2L13 8z',
  stop: 'M3.7 3.7h8.6v8.6H3.7z',
  picture: 'M2 3.2h12v9.6H2zM3.3 4.5v5.6l2.6-2.6 2.3 2.3 1.9-1.6 2.6 2.3V4.5zM10.3 5.4a1 1 0 1 1 0 2 1 1 0 0 1 0-2z',
}

/** @param act asks the run; it rejects with what to tell the reader */
export function createToolbar(act: (action: Action) => Promise<void>): Toolbar {
  const word = element('span', {})
  const state = element('span', { class: 'jp-AdtLive-state', role: 'status' }, dot(), word)
  const message = element('p', { class: 'jp-AdtLive-message', role: 'alert' })
  message.hidden = true
  let told: Told | undefined
  /** What a request of ours led to, until the next one. */
  let refusal: string | undefined

  const ask = async (action: Action) => {
    refusal = undefined
    try {
      await act(action)
    } catch (error) {
      refusal = (error as Error).message
    }
    if (told) update(told)
  }
  const button = (icon: Icon, label: string, action: Action) => {
    const node = element('button', { type: 'button', class: 'jp-AdtLive-button', 'aria-label': label })
    node.append(drawn(icon), element('span', {}, label))
    let [waiting, off] = [false, false]
    /** Off it keeps the focus and can be pointed at: how else would anybody learn why? */
    const show = (why?: string) => {
      const reason = waiting ? trans.__('Asked for: the run answers between two iterations.') : why
      off = reason !== undefined
      node.setAttribute('aria-disabled', String(off))
      node.title = reason === undefined ? label : `${label} – ${reason}`
      if (reason === undefined) node.removeAttribute('aria-description')
      else node.setAttribute('aria-description', reason)
    }
    node.addEventListener('click', async () => {
      if (off) return
      waiting = true
      show()
      await ask(action)
      waiting = false
      if (told) update(told)
    })
    return { node, show }
  }
  const pause = button('pause', trans.__('Pause'), { do: 'pause' })
  const resume = button('play', trans.__('Resume'), { do: 'resume' })
  const stop = button('stop', trans.__('Stop'), { do: 'stop' })
  const sample = button('picture', trans.__('Sample now'), { do: 'sample' })
  const fields = new Map<Knob['name'], ReturnType<typeof field>>()
  const knobs = element('div', { class: 'jp-AdtLive-knobs' })
  const all = [pause, resume, stop, sample]
  const buttons = element('div', { class: 'jp-AdtLive-buttons' }, ...all.map(({ node }) => node))
  const bar = element('div', { class: 'jp-AdtLive-bar', role: 'toolbar' }, state, buttons, knobs)
  bar.setAttribute('aria-label', trans.__('Controls of the run'))

  const update = (next: Told) => {
    told = next
    const now = toolbarState(next)
    state.dataset.state = now.shown
    if (word.textContent !== now.word) word.textContent = now.word
    const said = refusal ?? now.message
    message.hidden = said === undefined
    if (said !== undefined && message.textContent !== said) message.textContent = said
    pause.node.hidden = !now.canPause
    resume.node.hidden = !now.canResume
    for (const each of [pause, resume, stop]) each.show()
    sample.show(now.sampleOff)
    // A run that has ended, or cannot be reached, takes no orders: its state says so in their place.
    buttons.hidden = !now.canStop
    for (const knob of now.knobs) {
      let own = fields.get(knob.name)
      if (!own) {
        own = field(knob, ask)
        fields.set(knob.name, own)
        knobs.append(own.node)
      }
      own.show(knob)
    }
    knobs.hidden = now.knobs.length === 0
  }
  return { node: element('div', { class: 'jp-AdtLive-toolbar' }, bar, message), update }
}

/** A number with its name; Enter asks for it, Escape takes back what was typed. */
function field(knob: Knob, ask: (action: Action) => Promise<void>) {
  const input = element('input', { type: 'text', inputmode: 'decimal', spellcheck: 'false', 'aria-label': knob.label })
  const node = element('label', { class: 'jp-AdtLive-knob' }, element('span', {}, knob.label), input)
  let value = knob.value
  let waiting = false
  const touched = () => document.activeElement === input && input.value !== knobText(value)
  const reset = () => {
    input.value = knobText(value)
    node.classList.remove('jp-mod-changed', 'jp-mod-wrong')
  }
  const submit = async () => {
    if (waiting || input.value === knobText(value)) return reset()
    const action = knobAction(knob.name, input.value)
    node.classList.toggle('jp-mod-wrong', !action)
    input.setAttribute('aria-invalid', String(!action))
    if (!action) return
    waiting = true
    node.classList.add('jp-mod-waiting')
    await ask(action)
    waiting = false
    node.classList.remove('jp-mod-waiting', 'jp-mod-changed')
  }
  input.addEventListener('input', () => node.classList.toggle('jp-mod-changed', input.value !== knobText(value)))
  input.addEventListener('change', () => void submit())
  input.addEventListener('keydown', event => {
    // A notebook in command mode would take the letters for shortcuts.
    event.stopPropagation()
    if (event.key === 'Enter') void submit()
    if (event.key === 'Escape') {
      reset()
      input.blur()
    }
  })
  reset()
  return {
    node,
    show(next: Knob) {
      value = next.value
      node.title = trans.__('%1. Enter changes it from the next iteration on.', next.hint)
      if (!touched() && !waiting) reset()
    },
  }
}

function dot(): HTMLElement {
  return element('span', { class: 'jp-AdtLive-dot', 'aria-hidden': 'true' })
}

function drawn(icon: Icon): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(namespace, 'path')
  path.setAttribute('d', icons[icon])
  path.setAttribute('fill-rule', 'evenodd')
  svg.append(path)
  return svg
}
