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
    ground: variable('--jp-layout-color1', '#ffffff'),
    font: variable('--jp-ui-font-family', 'sans-serif'),
  }
}
