import { LabIcon } from '@jupyterlab/ui-components'

/** A curve that comes down to its aim, in the theme's colours. */
export const runIcon = new LabIcon({
  name: 'adt:run',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="M3.5 3v17.5H21"/><path class="jp-icon-brand0" stroke="#2f6bd8" d="M6.5 6.5c2 7.5 4.5 9.5 7.5 9.7 2.5.2 4.5.3 6.5.3"/><circle cx="18" cy="8" r="3"/></g></svg>',
})
