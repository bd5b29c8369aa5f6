/** Views as PNG, for front ends and pages that do not run the extension. The font comes from a package: the picture is the same everywhere. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import { type Box, type Chart, chartSvg, escapeXml, faint, ink, shorten, text, wrapKeys } from './chart.js'
import { gradientPanel, type Panel, runColours, runPanels } from './lines.js'
import { palette } from './palette.js'
import type { GradientScaleView, ImagesView, Run, RunView, SweepView, View } from './schema.js'
import { sweepPicture } from './sweepPicture.js'
import { progressText } from './text.js'

/** SVG parts on a white page. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly parts: readonly string[]
}

const width = 760
const margin = 16
const full = width - 2 * margin
const gap = 18
const mostTiles = 256

/** The picture of a view. */
export function viewPicture(view: View): Buffer {
  return drawingPicture(drawView(view))
}

/** A drawing as PNG, at twice the size of its pixels on the page. */
export function drawingPicture(drawing: Drawing): Buffer {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${drawing.width}" height="${drawing.height}">
<rect width="100%" height="100%" fill="#ffffff"/>
${drawing.parts.join('\n')}
</svg>`
  const resvg = new Resvg(svg, { font: fonts(), fitTo: { mode: 'zoom', value: 2 } })
  return resvg.render().asPng()
}

function fonts() {
  const folder = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/inter/package.json'))
  const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map(file =>
    join(folder, file),
  )
  return { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Inter' }
}

function drawView(view: View): Drawing {
  if (view.view === 'gradient-scale') return drawGradientScale(view)
  if (view.view === 'run') return drawRun(view)
  return view.view === 'sweep' ? drawSweep(view) : drawImages(view)
}

function drawSweep(view: SweepView): Drawing {
  const { parts, height } = sweepPicture(view, { left: margin, top: margin, width: full })
  return { width, height: Math.round(height + 2 * margin), parts }
}

function drawGradientScale(view: GradientScaleView): Drawing {
  const height = 360
  const chart = {
    ...coloured(gradientPanel(view, 'gain')),
    ...(view.title ? { title: view.title } : {}),
    xLabel: 'time t given to the network; sampling runs from left to right',
    reversed: true,
  }
  return {
    width,
    height,
    parts: [chartSvg(chart, { left: margin, top: margin, width: full, height: height - margin })],
  }
}

function drawRun(view: RunView): Drawing {
  const several = view.runs.length > 1
  const parts: string[] = []
  let top = margin
  if (view.title) {
    parts.push(text(margin, top + 13, shorten(view.title, full, 15), { size: 15, weight: 600 }))
    top += 30
  }
  const colours = runColours(view.runs)
  view.runs.forEach((run, r) => {
    parts.push(...(several ? drawRunKey(run, palette[colours[r]!]!, top) : drawHeader(run, top)))
    top += several ? 20 : 52
  })
  const charts = runPanels(view).map(panel => ({ ...coloured(panel), xLabel: 'iteration' }))
  const step = (full + gap) / Math.min(3, Math.max(1, charts.length))
  const legendRows = Math.max(0, ...charts.map(({ keys }) => wrapKeys(keys, step - gap).length))
  const height = 185 + 17 * legendRows
  charts.forEach((chart, i) => {
    const box = {
      left: margin + (i % 3) * step,
      top: top + 6 + Math.floor(i / 3) * (height + 10),
      width: step - gap,
      height,
    }
    parts.push(chartSvg({ ...chart, legendRows }, box))
  })
  top += Math.ceil(charts.length / 3) * (height + 10) + 12
  for (const run of view.runs) {
    if (run.samples.length === 0) continue
    const strip = drawSamples(run, several, top)
    parts.push(...strip.parts)
    top += strip.height + 8
  }
  return { width, height: Math.round(top + margin / 2), parts }
}

function coloured(panel: Panel): Omit<Chart, 'xLabel'> {
  return {
    ...panel,
    lines: panel.lines.map(line => ({ ...line, colour: palette[line.colour]! })),
    keys: panel.keys.map(key => ({ ...key, colour: key.colour === undefined ? ink : palette[key.colour]! })),
  }
}

/** Label, settings, progress of the one run. */
function drawHeader(run: Run, top: number): string[] {
  const share = run.progress ? Math.min(1, Math.max(0, run.progress.iteration / Math.max(1, run.progress.total))) : 0
  return [
    text(margin, top + 12, shorten(run.label, 240, 13), { size: 13, weight: 600 }),
    text(width - margin, top + 12, shorten(settingsOf(run), full - 260, 11.5), {
      size: 11.5,
      fill: faint,
      anchor: 'end',
    }),
    `<rect x="${margin}" y="${top + 21}" width="${full}" height="5" rx="2.5" fill="#e2e8f0"/>`,
    `<rect x="${margin}" y="${top + 21}" width="${(full * share).toFixed(1)}" height="5" rx="2.5" fill="${palette[0]}"/>`,
    text(margin, top + 41, progressText(run), { size: 11, fill: faint }),
  ]
}

/** One of several runs: its colour, label, settings and how far it came. */
function drawRunKey(run: Run, colour: string, top: number): string[] {
  return [
    `<rect x="${margin}" y="${top + 5}" width="16" height="4" rx="2" fill="${colour}"/>`,
    text(margin + 24, top + 12, shorten(run.label, 160, 12), { weight: 600 }),
    text(margin + 190, top + 12, shorten(settingsOf(run), full - 430, 11), { size: 11, fill: faint }),
    text(width - margin, top + 12, progressText(run), { size: 11, fill: faint, anchor: 'end' }),
  ]
}

function settingsOf(run: Run): string {
  return run.settings.map(({ name, value }) => `${name} ${value}`).join(' · ')
}

function drawSamples(run: Run, labelled: boolean, top: number): { parts: string[]; height: number } {
  const columns = Math.max(1, ...run.samples.map(row => row.images.length))
  const side = Math.min(80, (full - 54) / columns - 4)
  const parts = labelled ? [text(margin, top + 12, run.label, { size: 12, weight: 600 })] : []
  const captionTop = top + (labelled ? 20 : 0)
  const first = captionTop + (run.captions ? 18 : 0)
  run.captions?.slice(0, columns).forEach((caption, c) => {
    const x = margin + 54 + c * (side + 4) + side / 2
    parts.push(text(x, captionTop + 11, shorten(caption, side + 6, 9.5), { size: 9.5, fill: faint, anchor: 'middle' }))
  })
  run.samples.forEach((row, r) => {
    const y = first + r * (side + 4)
    parts.push(text(margin + 46, y + side / 2 + 4, String(row.iteration), { size: 11, fill: faint, anchor: 'end' }))
    row.images.forEach((image, c) => {
      parts.push(picture(image, { left: margin + 54 + c * (side + 4), top: y, width: side, height: side }, true))
    })
  })
  return { parts, height: first - top + run.samples.length * (side + 4) }
}

function drawImages(view: ImagesView): Drawing {
  const tiles = view.tiles.slice(0, mostTiles)
  const captioned = tiles.some(tile => tile.caption)
  const across = { left: view.rowLabels ? 110 : 0, top: margin + (view.title ? 26 : 0) + (view.columnLabels ? 20 : 0) }
  const step = { x: view.width + 10, y: view.width + (captioned ? 24 : 10) }
  const rows = Math.ceil(tiles.length / view.columns)
  const parts = view.title ? [text(margin, margin + 12, view.title, { size: 14, weight: 600 })] : []
  view.columnLabels?.slice(0, view.columns).forEach((name, c) => {
    const x = margin + across.left + c * step.x + view.width / 2
    parts.push(text(x, across.top - 8, shorten(name, view.width, 11), { size: 11, fill: faint, anchor: 'middle' }))
  })
  view.rowLabels?.slice(0, rows).forEach((name, r) => {
    const y = across.top + r * step.y + view.width / 2 + 4
    parts.push(text(margin + across.left - 10, y, shorten(name, 100, 12), { size: 12, anchor: 'end' }))
  })
  tiles.forEach((tile, i) => {
    const left = margin + across.left + (i % view.columns) * step.x
    const top = across.top + Math.floor(i / view.columns) * step.y
    parts.push(picture(tile.image, { left, top, width: view.width, height: view.width }, view.pixelated))
    if (!tile.caption) return
    const caption = shorten(tile.caption, view.width + 8, 10.5)
    parts.push(
      text(left + view.width / 2, top + view.width + 14, caption, { size: 10.5, fill: faint, anchor: 'middle' }),
    )
  })
  return {
    width: margin * 2 + across.left + Math.min(view.columns, tiles.length) * step.x - 10,
    height: Math.round(across.top + rows * step.y + 4),
    parts,
  }
}

function picture(uri: string, { left, top, width: w, height: h }: Box, pixelated: boolean): string {
  const rendering = pixelated ? ' image-rendering="optimizeSpeed"' : ''
  return `<image href="${escapeXml(uri)}" x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}"${rendering}/>`
}
