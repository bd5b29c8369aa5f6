/** The menu with which a drawing leaves the notebook: as PNG, SVG, CSV, or copied. */

import { csv, type NumbersTable, tabbed } from '../../../src/views/numbers.js'
import { trans } from '../../../src/views/words.js'
import { element } from '../dom.js'
import { ownKeys } from './ownKeys.js'
import { snapshotSvg } from './snapshot.js'

export interface Exported {
  /** What is drawn: everything in it but what is marked `data-export="no"`. */
  readonly node: HTMLElement
  /** The file's name without its ending. */
  readonly name: () => string
  readonly table: () => NumbersTable
}

let menus = 0

/** A button and its menu; arrow keys, Escape and Enter work as in any menu. */
export function exportMenu(exported: Exported): HTMLElement {
  const id = `jp-adt-menu-${++menus}`
  const [saved, copied] = [trans.__('saved'), trans.__('copied')]
  const actions: readonly [text: string, done: string, act: () => void | Promise<void>][] = [
    [trans.__('Picture (PNG)'), saved, async () => save(await png(snapshotSvg(exported.node)), `${fileName()}.png`)],
    [
      trans.__('Drawing (SVG)'),
      saved,
      () => save(new Blob([snapshotSvg(exported.node).svg], { type: 'image/svg+xml' }), `${fileName()}.svg`),
    ],
    [
      trans.__('Numbers (CSV)'),
      saved,
      () => save(new Blob([csv(exported.table())], { type: 'text/csv' }), `${fileName()}.csv`),
    ],
    [trans.__('Copy numbers'), copied, () => navigator.clipboard.writeText(tabbed(exported.table()))],
  ]
  const fileName = () =>
    exported
      .name()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'adt'
  const button = element(
    'button',
    {
      type: 'button',
      class: 'jp-AdtView-button',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'aria-controls': id,
    },
    trans.__('Export'),
  )
  const said = element('span', { class: 'jp-AdtView-said', role: 'status' })
  const items = actions.map(([text, done, act]) => {
    const item = element('button', { type: 'button', role: 'menuitem', tabindex: '-1' }, text)
    item.addEventListener('click', async () => {
      show(false)
      button.focus()
      said.textContent = await Promise.resolve()
        .then(act)
        .then(
          () => done,
          (error: unknown) => trans.__('not done: %1', error instanceof Error ? error.message : String(error)),
        )
    })
    return item
  })
  const menu = element(
    'div',
    { id, role: 'menu', class: 'jp-AdtView-menu', hidden: '', 'aria-label': trans.__('Export') },
    ...items,
  )
  const node = ownKeys(element('div', { class: 'jp-AdtView-export', 'data-export': 'no' }, said, button, menu))

  const show = (open: boolean, focused = 0) => {
    menu.hidden = !open
    button.setAttribute('aria-expanded', String(open))
    if (open) items.at(focused)!.focus()
    said.textContent = ''
  }
  button.addEventListener('click', () => show(menu.hidden))
  node.addEventListener('focusout', event => {
    if (!node.contains(event.relatedTarget as Node | null)) menu.hidden || show(false)
  })
  node.addEventListener('keydown', event => {
    const at = items.indexOf(document.activeElement as HTMLButtonElement)
    const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key]
    if (event.key === 'Escape' && !menu.hidden) {
      show(false)
      button.focus()
    } else if (next !== undefined) show(true, next % items.length)
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  return node
}

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  element('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** The drawing at twice its size on the page. */
async function png({ svg, width, height }: ReturnType<typeof snapshotSvg>): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = element('canvas', { width: String(2 * width), height: String(2 * height) })
  canvas.getContext('2d')!.drawImage(image, 0, 0, 2 * width, 2 * height)
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error(trans.__('the picture is too large')))), 'image/png')
  })
}
