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
    // What is scrolled out of sight stays out of it; of what reaches into it the parts are looked at.
    if (box.top >= sight.bottom || box.bottom <= sight.top) return
    const inside = style.overflowY === 'visible' ? sight : within(box, sight)
    bottom = Math.max(bottom, Math.min(box.bottom, sight.bottom) - frame.top)
    if (node instanceof HTMLImageElement) {
      if (isSeen(box, sight)) parts.push(pictureOf(node, style, box, place(box)))
      return
    }
    const seen = within(box, sight)
    parts.push(...boxOf(style, seen, place(seen)))
    const drawings = node.querySelectorAll<SVGSVGElement>(':scope > .plot-container .main-svg')
    if (drawings.length > 0) {
      for (const drawing of drawings) parts.push(drawingOf(drawing, place(drawing.getBoundingClientRect())))
      return
    }
    for (const child of node.childNodes) {
      if (child instanceof Element) visit(child, inside)
      else if (child instanceof Text) parts.push(...textOf(child, style, inside, place))
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

/** What of a box is in sight. */
function within(box: DOMRect, sight: DOMRect): DOMRect {
  const [left, top] = [Math.max(box.left, sight.left), Math.max(box.top, sight.top)]
  const [right, bottom] = [Math.min(box.right, sight.right), Math.min(box.bottom, sight.bottom)]
  return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top))
}

/** Nearly the whole of it. */
function isSeen(box: DOMRect, sight: DOMRect): boolean {
  const seen = within(box, sight)
  return seen.width * seen.height >= 0.8 * box.width * box.height
}

function boxOf(style: CSSStyleDeclaration, { width, height }: DOMRect, { x, y }: { x: number; y: number }): string[] {
  const line = Number.parseFloat(style.borderTopWidth)
  const clear = /^rgba\(.*, 0\)$|^transparent$/
  const paint = paintOf(style)
  const fill = paint ? `url(#${paint.id})` : clear.test(style.backgroundColor) ? 'none' : plain(style.backgroundColor)
  const stroke = line > 0 && style.borderTopStyle !== 'none' ? plain(style.borderTopColor) : 'none'
  if (fill === 'none' && stroke === 'none') return []
  const dash = style.borderTopStyle === 'dashed' ? ' stroke-dasharray="3 2"' : ''
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0
  return [
    ...(paint ? [paint.svg] : []),
    `<rect x="${x + line / 2}" y="${y + line / 2}" width="${Math.max(0, width - line)}" height="${Math.max(0, height - line)}" rx="${radius}" fill="${escapeXml(fill)}" stroke="${escapeXml(stroke)}" stroke-width="${line}"${dash}/>`,
  ]
}

const colour = /(?:rgba?|color)\([^()]*\)/g
let paints = 0

/** A background of two colours, from left to right or in stripes, as SVG defines it. */
function paintOf({ backgroundImage }: CSSStyleDeclaration): { id: string; svg: string } | undefined {
  const colours = (backgroundImage.match(colour) ?? []).map(plain).map(escapeXml)
  const last = colours[colours.length - 1]
  if (last === undefined) return undefined
  const id = `jp-adt-paint-${++paints}`
  if (backgroundImage.startsWith('linear-gradient(90deg')) {
    const stops = [colours[0]!, last].map((value, i) => `<stop offset="${i}" stop-color="${value}"/>`).join('')
    return { id, svg: `<linearGradient id="${id}">${stops}</linearGradient>` }
  }
  if (!backgroundImage.startsWith('repeating-linear-gradient(135deg')) return undefined
  const stripe = `<path d="M0 6V0" stroke="${last}" stroke-width="2"/>`
  const pattern = `id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"`
  return { id, svg: `<pattern ${pattern}>${stripe}</pattern>` }
}

function pictureOf(
  image: HTMLImageElement,
  style: CSSStyleDeclaration,
  { width, height }: DOMRect,
  { x, y }: { x: number; y: number },
): string {
  const rendering = style.imageRendering === 'pixelated' ? ' style="image-rendering: pixelated"' : ''
  // Of a picture under a wipe's edge the part to its left.
  const cut = /^inset\(0(?:px)? ([\d.]+)% /.exec(style.clipPath)
  const seen = cut ? width * (1 - Number(cut[1]) / 100) : width
  return [
    `<svg x="${x}" y="${y}" width="${seen}" height="${height}">`,
    `<image href="${escapeXml(image.src)}" width="${width}" height="${height}" preserveAspectRatio="none"${rendering}/>`,
    '</svg>',
  ].join('')
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

const presentation = [
  ...['fill', 'stroke', 'stroke-width', 'stroke-linejoin', 'paint-order', 'opacity', 'visibility'],
  ...['font-family', 'font-size', 'font-weight', 'font-variant-numeric'],
]

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
function textOf(
  text: Text,
  style: CSSStyleDeclaration,
  sight: DOMRect,
  place: (box: DOMRect) => { x: number; y: number },
): string[] {
  const range = document.createRange()
  const lines: { words: string; box: DOMRect }[] = []
  for (const { index, 0: word } of text.data.matchAll(/\S+\s*/g)) {
    range.setStart(text, index)
    range.setEnd(text, index + word.trimEnd().length)
    const box = range.getBoundingClientRect()
    const last = lines[lines.length - 1]
    if (box.width === 0 || !isSeen(box, sight)) continue
    if (last && Math.abs(last.box.top - box.top) < 2) last.words += ` ${word.trimEnd()}`
    else lines.push({ words: word.trimEnd(), box })
  }
  return lines.map(({ words, box }) => {
    const { x, y } = place(box)
    const size = Number.parseFloat(style.fontSize)
    const font = `font-family="${escapeXml(style.fontFamily)}" font-size="${size}" font-weight="${style.fontWeight}" font-style="${style.fontStyle}"`
    const baseline = y + box.height / 2 + 0.35 * size
    return `<text x="${x}" y="${baseline}" ${font} fill="${escapeXml(style.color)}">${escapeXml(words)}</text>`
  })
}
