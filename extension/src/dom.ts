/** Elements without innerHTML: every string becomes text or an attribute. */

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

let groups = 0

/** A choice of one among a few words, as radio buttons: arrow keys work without further ado. */
export function choice<T extends string>(
  label: string,
  options: readonly { readonly value: T; readonly text: string }[],
  onChange: (value: T) => void,
): { node: HTMLElement; set(value: T): void } {
  const name = `jp-adt-choice-${++groups}`
  const inputs = options.map(({ value }) => {
    const input = element('input', { type: 'radio', name, value })
    input.addEventListener('change', () => onChange(value))
    return input
  })
  const labels = options.map(({ text }, i) => element('label', {}, inputs[i]!, element('span', {}, text)))
  return {
    node: element('div', { class: 'jp-AdtView-choice', role: 'radiogroup', 'aria-label': label }, ...labels),
    set(value) {
      for (const input of inputs) input.checked = input.value === value
    },
  }
}

/** The numbers behind a drawing, made when they are first opened: for reading, for copying, for screen readers. */
export function tableTwin(summary: string): {
  node: HTMLElement
  update(rows: () => { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] }): void
} {
  const holder = element('div', { class: 'jp-AdtView-table', tabindex: '0', role: 'region', 'aria-label': summary })
  const node = element('details', { class: 'jp-AdtView-numbers' }, element('summary', {}, summary), holder)
  let fill = () => {}
  node.addEventListener('toggle', () => fill())
  return {
    node,
    update(rows) {
      fill = () => {
        if (!node.open) return
        const { head, body } = rows()
        const line = (tag: 'th' | 'td', cells: readonly string[]) =>
          element('tr', {}, ...cells.map(cell => element(tag, tag === 'th' ? { scope: 'col' } : {}, cell)))
        const table = element('table', {}, element('thead', {}, line('th', head)))
        table.append(element('tbody', {}, ...body.map(cells => line('td', cells))))
        holder.replaceChildren(table)
      }
      fill()
    },
  }
}
