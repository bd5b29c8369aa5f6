/** The part of plotly.js that is used here. */
declare module 'plotly.js-cartesian-dist-min' {
  export interface PlotlyHover {
    readonly points: readonly PlotlyPoint[]
  }

  export interface PlotlyPoint {
    readonly curveNumber: number
    /** In a heatmap [row, column]. */
    readonly pointNumber: number | readonly [number, number]
    readonly x: number
  }

  export interface PlotlyElement extends HTMLElement {
    on(event: 'plotly_hover' | 'plotly_click', listener: (hover: PlotlyHover) => void): void
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
