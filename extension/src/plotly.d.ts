/** The part of plotly.js that is used here. */
declare module 'plotly.js-cartesian-dist-min' {
  export interface PlotlyHover {
    readonly points: readonly { readonly curveNumber: number; readonly pointNumber: number }[]
  }

  export interface PlotlyElement extends HTMLElement {
    on(event: 'plotly_hover', listener: (hover: PlotlyHover) => void): void
  }

  export function react(
    node: HTMLElement,
    data: readonly object[],
    layout: object,
    config: object,
  ): Promise<PlotlyElement>
  export function purge(node: HTMLElement): void
  export const Plots: { resize(node: HTMLElement): Promise<void> }
  export const Fx: {
    hover(node: HTMLElement, points: readonly { curveNumber: number; pointNumber: number }[]): void
    unhover(node: HTMLElement): void
  }
}
