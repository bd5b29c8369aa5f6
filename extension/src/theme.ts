/** Colours of the page's theme as Plotly wants them: as values. */

import { palette } from '../../src/views/palette.js'
import type { Theme } from './figure.js'

export function themeOf(node: HTMLElement): Theme {
  const style = getComputedStyle(node)
  const variable = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise
  return {
    palette: palette.map((colour, i) => variable(`--jp-adt-color${i + 1}`, colour)),
    ink: variable('--jp-ui-font-color1', '#1f2937'),
    faint: variable('--jp-ui-font-color2', '#64748b'),
    rule: variable('--jp-border-color3', '#e2e8f0'),
    ground: groundOf(node),
    font: variable('--jp-ui-font-family', 'sans-serif'),
  }
}

/** The colour behind a node: a cell's output and a panel have different ones. */
export function groundOf(node: HTMLElement): string {
  for (let at: HTMLElement | null = node; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at)
    if (!/^transparent$|^rgba\(.*, 0\)$/.test(backgroundColor)) return backgroundColor
  }
  return '#ffffff'
}
