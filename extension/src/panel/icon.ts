import { LabIcon } from '@jupyterlab/ui-components'

/** A curve that comes down to its aim, in the theme's colours. */
export const runIcon = new LabIcon({
  name: 'adt:run',
  // The classes colour strokes where there is a stroke, and fill what has a fill: so only the outermost says "none".
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path class="jp-icon3" stroke="#616161" d="M3.5 3v17.5H21"/><path class="jp-icon-brand0" stroke="#2f6bd8" d="M7 6c1.6 7.6 4 9.6 7 9.9 2.6.2 4.6.3 6.5.3"/><circle class="jp-icon3" stroke="#616161" cx="17.5" cy="7.5" r="2.8"/></g></svg>',
})
