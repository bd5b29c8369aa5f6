// Jupyter counts a cursor in Unicode code points, TypeScript in UTF-16 units.

/** @returns the UTF-16 index of the code point with number `position` */
export function toUtf16(text: string, position: number): number {
  let index = 0
  for (let i = 0; i < position && index < text.length; i++) index += text.codePointAt(index)! > 0xffff ? 2 : 1
  return index
}

/** @returns the number of code points before the UTF-16 index */
export function toCodePoints(text: string, index: number): number {
  let count = 0
  for (let i = 0; i < index && i < text.length; count++) i += text.codePointAt(i)! > 0xffff ? 2 : 1
  return count
}
