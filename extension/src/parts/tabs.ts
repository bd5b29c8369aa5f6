/** Tabs of which one is shown. A part is made when it is first shown, and only the shown one is drawn. */

import { element } from '../dom.js'
import { ownKeys } from './ownKeys.js'

export interface Tab {
  readonly id: string
  readonly name: string
  readonly make: () => HTMLElement
}

export interface Tabs {
  readonly node: HTMLElement
  /** Which of them there are, in their order; the shown one falls back to the first. */
  offer(ids: readonly string[]): void
  readonly shown: string
}

let groups = 0

/** @param onShow called after a tab was pressed: its part is to be drawn */
export function createTabs(
  label: string,
  tabs: readonly Tab[],
  first: string | undefined,
  onShow: (id: string) => void,
): Tabs {
  const group = ++groups
  const made = new Set<string>()
  let offered: readonly string[] = []
  let shown = ''
  const buttons = tabs.map(({ id, name }) => {
    const button = element('button', {
      type: 'button',
      role: 'tab',
      id: `jp-adt-tab-${group}-${id}`,
      'aria-controls': `jp-adt-panel-${group}-${id}`,
    })
    button.append(name)
    button.addEventListener('click', () => press(id))
    return button
  })
  const panels = tabs.map(({ id }) =>
    element('div', {
      role: 'tabpanel',
      id: `jp-adt-panel-${group}-${id}`,
      'aria-labelledby': `jp-adt-tab-${group}-${id}`,
      hidden: '',
    }),
  )
  const bar = ownKeys(
    element('div', { class: 'jp-AdtView-tabs', role: 'tablist', 'aria-label': label, 'data-export': 'no' }, ...buttons),
  )
  const show = (id: string) => {
    shown = id
    tabs.forEach((tab, i) => {
      const selected = tab.id === id
      buttons[i]!.setAttribute('aria-selected', String(selected))
      buttons[i]!.tabIndex = selected ? 0 : -1
      panels[i]!.hidden = !selected
      if (selected && !made.has(id)) {
        made.add(id)
        panels[i]!.append(tab.make())
      }
    })
  }
  const press = (id: string) => {
    show(id)
    onShow(id)
  }
  bar.addEventListener('keydown', event => {
    const at = offered.indexOf(shown)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const id = offered.at(next % offered.length)!
    press(id)
    buttons[tabs.findIndex(tab => tab.id === id)]!.focus()
  })
  return {
    node: element('div', { class: 'jp-AdtView-tabbed' }, bar, ...panels),
    offer(ids) {
      offered = ids
      tabs.forEach((tab, i) => {
        buttons[i]!.hidden = !ids.includes(tab.id)
      })
      bar.hidden = ids.length < 2
      // What was asked for at first may only be there later.
      const wanted = made.size === 0 && first !== undefined && ids.includes(first) ? first : shown
      if (!ids.includes(wanted)) show(ids[0]!)
      else if (wanted !== shown) show(wanted)
    },
    get shown() {
      return shown
    },
  }
}
