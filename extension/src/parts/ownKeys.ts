const mark = 'data-lm-suppress-shortcuts'
const marked = new WeakSet<Element>()
let listening = false

/**
 * Marks an element whose keys are its own: JupyterLab's shortcuts do not act on what is pressed in it. Those with Ctrl or
 * Cmd still do, saving above all, but for the ones that edit a text.
 */
export function ownKeys<T extends HTMLElement>(node: T): T {
  node.setAttribute(mark, 'true')
  marked.add(node)
  if (!listening) window.addEventListener('keydown', letThrough, true)
  listening = true
  return node
}

/** Takes the mark away while JupyterLab, further down, looks for it. */
function letThrough(event: KeyboardEvent): void {
  const { target, key } = event
  const edits = target instanceof HTMLInputElement && ['text', 'search', 'number'].includes(target.type)
  if (!(event.ctrlKey || event.metaKey) || !(target instanceof Element) || (edits && key !== 's')) return
  for (let at: Element | null = target; at; at = at.parentElement) {
    const node = at
    if (!marked.has(node)) continue
    node.removeAttribute(mark)
    setTimeout(() => node.setAttribute(mark, 'true'))
  }
}
