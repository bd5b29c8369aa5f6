/** Marks an element whose keys are its own: JupyterLab's shortcuts do not act on what is pressed in it. */
export function ownKeys<T extends HTMLElement>(node: T): T {
  node.setAttribute('data-lm-suppress-shortcuts', 'true')
  return node
}
