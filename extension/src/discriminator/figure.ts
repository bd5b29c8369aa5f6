/** The distributions of scores as Plotly figures. Arithmetic only. */

import { number } from '../../../src/views/format.js'
import type { ScoreHistory } from '../../../src/views/scoreHistory.js'
import { trans } from '../../../src/views/words.js'
import { baseLayout, type Figure, type Theme } from '../figure.js'
import { balanceOf, binCentres, fakeColour, type Ridge, realColour } from './model.js'

/** How many rows a ridge may reach up. */
const overlap = 1.7

/** A mountain range for each stretch of iterations, the first at the top, the latest in front. */
export function ridgeFigure(history: ScoreHistory, ridges: readonly Ridge[], theme: Theme, picked?: number): Figure {
  const centres = binCentres(history)
  const most = Math.max(1e-9, ...ridges.flatMap(({ real, fake }) => [...real, ...fake]))
  const data = ridges.flatMap((ridge, r) => {
    const base = -r
    const shape = (share: readonly number[], name: string, colour: string) => ({
      type: 'scatter',
      mode: 'lines',
      x: [centres[0], ...centres, centres[centres.length - 1]],
      y: [base, ...share.map(value => base + (overlap * value) / most), base],
      line: { color: colour, width: 1.4, shape: 'spline', smoothing: 0.6 },
      fill: 'toself',
      fillcolor: faded(colour, 0.32),
      hoveron: 'points',
      text: ['', ...share.map((value, b) => said(ridge, name, centres[b]!, value)), ''],
      hovertemplate: '%{text}<extra></extra>',
      hoverlabel: { bordercolor: colour },
    })
    return [
      shape(ridge.real, trans.__('real'), theme.palette[realColour]!),
      shape(ridge.fake, trans.__('generated'), theme.palette[fakeColour]!),
    ]
  })
  const means = (pick: (ridge: Ridge) => number | null, colour: string) => ({
    type: 'scatter',
    mode: 'lines+markers',
    x: ridges.map(pick),
    y: ridges.map((_, r) => -r),
    line: { color: colour, width: 1.2, dash: 'dot' },
    marker: { color: colour, size: 6, line: { color: theme.ground, width: 1 } },
    hoverinfo: 'skip',
  })
  const layout = baseLayout(theme, trans.__('score'))
  return {
    data: [
      ...data,
      means(ridge => ridge.meanReal, theme.palette[realColour]!),
      means(ridge => ridge.meanFake, theme.palette[fakeColour]!),
    ],
    lineOfTrace: [],
    layout: {
      ...layout,
      margin: { ...layout.margin, t: 4 },
      yaxis: {
        ...layout.yaxis,
        title: { text: trans.__('iteration'), font: { size: 11, color: theme.faint }, standoff: 8 },
        range: [-ridges.length + 0.7, overlap + 0.1],
        tickmode: 'array',
        tickvals: ridges.map((_, r) => -r),
        ticktext: ridges.map(({ iteration }) => String(iteration)),
        showgrid: true,
        fixedrange: true,
      },
      xaxis: { ...layout.xaxis, zeroline: true, zerolinecolor: theme.faint, zerolinewidth: 1 },
      shapes: picked === undefined ? [] : [mark(ridges, picked, theme)],
    },
  }
}

/** Where real images prevail and where generated ones do, over iterations, with the means. */
export function balanceFigure(history: ScoreHistory, theme: Theme, picked?: number): Figure {
  const { iteration, until } = history
  const [real, fake] = [theme.palette[realColour]!, theme.palette[fakeColour]!]
  const cells = {
    type: 'heatmap',
    x: [...iteration, until + 1],
    y: edgesOf(history),
    z: balanceOf(history),
    zmin: -1,
    zmax: 1,
    colorscale: [
      [0, fake],
      [0.5, theme.ground],
      [1, real],
    ],
    showscale: false,
    hoverinfo: 'skip',
  }
  const middle = iteration.map((at, i) => ((iteration[i + 1] ?? until + 1) + at) / 2)
  // Each mean on a wider line in the colour of the ground, so that it stands out from the cells.
  const means = (name: string, y: readonly (number | null)[], colour: string) => [
    { type: 'scatter', mode: 'lines', x: middle, y, line: { color: theme.ground, width: 5 }, hoverinfo: 'skip' },
    {
      type: 'scatter',
      mode: 'lines',
      x: middle,
      y,
      line: { color: colour, width: 2 },
      text: y.map((value, i) => trans.__('%1: mean %2 from iteration %3', name, number(value), iteration[i]!)),
      hovertemplate: '%{text}<extra></extra>',
    },
  ]
  const layout = baseLayout(theme, trans.__('iteration'))
  return {
    data: [
      cells,
      ...means(trans.__('real'), history.meanReal, real),
      ...means(trans.__('generated'), history.meanFake, fake),
    ],
    lineOfTrace: [],
    layout: {
      ...layout,
      yaxis: {
        ...layout.yaxis,
        title: { text: trans.__('score'), font: { size: 11, color: theme.faint }, standoff: 8 },
      },
      shapes:
        picked === undefined
          ? []
          : [
              {
                type: 'line',
                x0: picked,
                x1: picked,
                y0: 0,
                y1: 1,
                yref: 'paper',
                line: { color: theme.ink, width: 1 },
              },
            ],
    },
  }
}

/** A frame around the ridge that a moment belongs to. */
function mark(ridges: readonly Ridge[], picked: number, theme: Theme): Record<string, unknown> {
  const r = ridges.findIndex(({ iteration, until }) => picked >= iteration && picked <= until)
  return {
    type: 'line',
    xref: 'paper',
    x0: 0,
    x1: 1,
    y0: -r,
    y1: -r,
    line: { color: theme.ink, width: 1.4 },
    visible: r >= 0,
  }
}

function said({ iteration, until }: Ridge, name: string, score: number, share: number): string {
  const when =
    iteration === until ? trans.__('iteration %1', iteration) : trans.__('iterations %1–%2', iteration, until)
  return `${when}<br>${trans.__('%1 % of %2 images near %3', number(100 * share), name, number(score))}`
}

function edgesOf({ least, greatest, bins }: ScoreHistory): number[] {
  return Array.from({ length: bins + 1 }, (_, b) => least + (b * (greatest - least)) / bins)
}

/** A colour of the theme (#rrggbb) that lets through what is behind. */
function faded(colour: string, opacity: number): string {
  return /^#[0-9a-f]{6}$/i.test(colour)
    ? `${colour}${Math.round(255 * opacity)
        .toString(16)
        .padStart(2, '0')}`
    : colour
}
