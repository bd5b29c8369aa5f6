/** A view as one SVG: the plots as they are, and around them its boxes, pictures and words where the page has them. */

import { escapeXml } from '../../../src/views/chart.js'
import { groundOf } from '../theme.js'

export interface Snapshot {
  readonly svg: string
  /** In CSS pixels. */
  readonly width: number
  readonly height: number
}

const margin = 12

/** @param root the view; what is hidden in it, or marked `data-export="no"`, is left out */
export function snapshotSvg(root: HTMLElement): Snapshot {
  const frame = root.getBoundingClientRect()
  const parts: string[] = []
  const place = (box: DOMRect) => ({ x: box.left - frame.left + margin, y: box.top - frame.top + margin })
  let bottom = 0
  const visit = (node: Element, sight: DOMRect) => {
    if (node instanceof SVGSVGElement) {
      parts.push(styled(node, place(node.getBoundingClientRect())))
      return
    }
    if (!(node instanceof HTMLElement) || node.hidden || node.dataset.export === 'no') return
    const style = getComputedStyle(node)
    const box = node.getBoundingClientRect()
    if (style.display === 'none' || style.visibility === 'hidden' || box.width === 0) return
    // What is scrolled out of sight stays out of it.
    if ((box.top + box.bottom) / 2 > sight.bottom || (box.top + box.bottom) / 2 < sight.top) return
    const inside = style.overflowY === 'visible' ? sight : box
    bottom = Math.max(bottom, box.bottom - frame.top)
    parts.push(...boxOf(style, box, place(box)))
    if (node instanceof HTMLImageElement) parts.push(pictureOf(node, style, box, place(box)))
    const drawings = node.querySelectorAll<SVGSVGElement>(':scope > .plot-container .main-svg')
    if (drawings.length > 0) {
      for (const drawing of drawings) parts.push(drawingOf(drawing, place(drawing.getBoundingClientRect())))
      return
    }
    for (const child of node.childNodes) {
      if (child instanceof Element) visit(child, inside)
      else if (child instanceof Text) parts.push(...textOf(child, style, place))
    }
  }
  visit(root, frame)
  const [width, height] = [Math.ceil(frame.width + 2 * margin), Math.ceil(bottom + 2 * margin)]
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" fill="${escapeXml(groundOf(root))}"/>`,
    ...parts,
    '</svg>',
  ].join('\n')
  return { svg, width, height }
}

function boxOf(style: CSSStyleDeclaration, { width, height }: DOMRect, { x, y }: { x: number; y: number }): string[] {
  const line = Number.parseFloat(style.borderTopWidth)
  const clear = /^rgba\(.*, 0\)$|^transparent$/
  const fill = clear.test(style.backgroundColor) ? 'none' : plain(style.backgroundColor)
  const stroke = line > 0 && style.borderTopStyle !== 'none' ? plain(style.borderTopColor) : 'none'
  if (fill === 'none' && stroke === 'none') return []
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0
  return [
    `<rect x="${x + line / 2}" y="${y + line / 2}" width="${Math.max(0, width - line)}" height="${Math.max(0, height - line)}" rx="${radius}" fill="${escapeXml(fill)}" stroke="${escapeXml(stroke)}" stroke-width="${line}"/>`,
  ]
}

function pictureOf(
  image: HTMLImageElement,
  style: CSSStyleDeclaration,
  { width, height }: DOMRect,
  { x, y }: { x: number; y: number },
): string {
  const rendering = style.imageRendering === 'pixelated' ? ' style="image-rendering: pixelated"' : ''
  return `<image href="${escapeXml(image.src)}" x="${x}" y="${y}" width="${width}" height="${height}"${rendering}/>`
}

function drawingOf(drawing: SVGSVGElement, { x, y }: { x: number; y: number }): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  for (const gone of copy.querySelectorAll('.hoverlayer, .draglayer')) gone.remove()
  copy.setAttribute('x', String(x))
  copy.setAttribute('y', String(y))
  return new XMLSerializer().serializeToString(copy)
}

/** Mixed colours come as `color(srgb 0.1 0.2 0.3 / 0.5)`, which few programs read outside browsers. */
function plain(value: string): string {
  const [, red, green, blue, alpha] =
    /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(value) ?? []
  if (blue === undefined) return value
  const [r, g, b] = [red, green, blue].map(part => Math.round(255 * Number(part)))
  return alpha === undefined ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`
}

const presentation = ['fill', 'stroke', 'stroke-width', 'opacity', 'font-family', 'font-size', 'font-weight']

/** A drawing of the view's own, with what the style sheet says of it written into it. */
function styled(drawing: SVGSVGElement, { x, y }: { x: number; y: number }): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  const copies = [...copy.querySelectorAll<SVGElement>('*')]
  for (const [i, node] of [...drawing.querySelectorAll<SVGElement>('*')].entries()) {
    const style = getComputedStyle(node)
    for (const name of presentation) copies[i]!.style.setProperty(name, plain(style.getPropertyValue(name)))
  }
  const { width, height } = drawing.getBoundingClientRect()
  for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, String(value))
  return new XMLSerializer().serializeToString(copy)
}

/** The lines of a text as the page broke them. */
function textOf(text: Text, style: CSSStyleDeclaration, place: (box: DOMRect) => { x: number; y: number }): string[] {
  const range = document.createRange()
  const lines: { words: string; box: DOMRect }[] = []
  for (const { index, 0: word } of text.data.matchAll(/\S+\s*/g)) {
    range.setStart(text, index)
    range.setEnd(text, index + word.trimEnd().length)
    const box = range.getBoundingClientRect()
    const last = lines[lines.length - 1]
    if (box.width === 0) continue
    if (last && Math.abs(last.box.top - box.top) < 2) last.words += ` ${word.trimEnd()}`
    else lines.push({ words: word.trimEnd(), box })
  }
  return lines.map(({ words, box }) => {
    const { x, y } = place(box)
    const size = Number.parseFloat(style.fontSize)
    const font = `font-family="${escapeXml(style.fontFamily)}" font-size="${size}" font-weight="${style.fontWeight}"`
    const baseline = y + box.height / 2 + 0.35 * size
    return `<text x="${x}" y="${baseline}" ${font} fill="${escapeXml(style.color)}">${escapeXml(words)}</text>`
  })
}
