/**
 * The filter over a sweep's trials, as a line of text: `running λ=0.3..0.7 fd<20 method=ADT|FT`. What brushing chooses is
 * written into the same line, so that it can be read, typed and copied. Arithmetic only.
 */

import type { SweepTrial } from './sweepSchema.js'
import type { Column } from './sweepWords.js'
import { trans } from './words.js'

/** Bounds of a number; an open one is not part of it. */
export interface Range {
  readonly low: number
  readonly high: number
  readonly lowOpen?: boolean
  readonly highOpen?: boolean
}

export type Term =
  | { readonly kind: 'range'; readonly column: Column; readonly range: Range }
  | { readonly kind: 'among'; readonly column: Column; readonly values: readonly string[] }
  /** Stands in any column. */
  | { readonly kind: 'word'; readonly word: string }

export interface Filter {
  readonly terms: readonly Term[]
  /** What was not understood, in words; it filters nothing. */
  readonly problems: readonly string[]
}

/** Reads a filter. Terms are separated by spaces and hold together; a name or value with spaces stands in quotes. */
export function parseFilter(text: string, columns: readonly Column[]): Filter {
  const terms: Term[] = []
  const problems: string[] = []
  for (const piece of piecesOf(text)) {
    const term = termOf(piece, columns)
    if (typeof term === 'string') problems.push(term)
    else terms.push(term)
  }
  return { terms, problems }
}

function piecesOf(text: string): string[] {
  const plain = text
    .replaceAll('≤', '<=')
    .replaceAll('≥', '>=')
    .replaceAll('−', '-')
    .replace(/\s*(<=|>=|<|>|=)\s*/g, '$1')
    .replace(/\s*\.\.\s*(?=[\d.-])/g, '..')
  return plain.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
}

const unquoted = (text: string) => text.replaceAll('"', '')

/** @returns what is wrong with it where it is no term */
function termOf(piece: string, columns: readonly Column[]): Term | string {
  const parts = /^("[^"]*"|[^<>=]+)(<=|>=|<|>|=)(.*)$/.exec(piece)
  if (!parts) return { kind: 'word', word: unquoted(piece).toLowerCase() }
  const [name, sign, value] = [unquoted(parts[1]!), parts[2]!, unquoted(parts[3]!)]
  const wanted = name.toLowerCase() === 'lambda' ? 'λ' : name.toLowerCase()
  const column = columns.find(one => one.name.toLowerCase() === wanted || one.id === wanted)
  if (!column) return trans.__('there is no column %1: there are %2', name, columns.map(one => one.name).join(', '))
  const range = rangeOf(sign, value)
  if (range && column.numeric) return { kind: 'range', column, range }
  if (sign === '=' && value !== '') return { kind: 'among', column, values: value.toLowerCase().split('|') }
  return column.numeric
    ? trans.__('%1: write a number, as %2<20 or %2=3..5', `${name}${sign}${value}`, name)
    : trans.__('%1: %2 is no number; write %2=…', `${name}${sign}${value}`, name)
}

function rangeOf(sign: string, value: string): Range | undefined {
  const [first, second, ...others] = value.split('..')
  if (others.length > 0 || (second !== undefined && sign !== '=')) return undefined
  const number = (text: string, otherwise?: number) =>
    text === '' && otherwise !== undefined ? otherwise : text === '' ? Number.NaN : Number(text)
  const low = number(first!, second === undefined ? undefined : Number.NEGATIVE_INFINITY)
  const high = second === undefined ? low : number(second, Number.POSITIVE_INFINITY)
  if (Number.isNaN(low) || Number.isNaN(high)) return undefined
  if (sign === '=') return { low: Math.min(low, high), high: Math.max(low, high) }
  return sign.startsWith('<')
    ? { low: Number.NEGATIVE_INFINITY, high, highOpen: sign === '<' }
    : { low, high: Number.POSITIVE_INFINITY, lowOpen: sign === '>' }
}

/** Whether a trial passes all terms. A trial without a value is in no range. */
export function passes({ terms }: Filter, trial: SweepTrial, columns: readonly Column[]): boolean {
  return terms.every(term => {
    if (term.kind === 'word') return columns.some(column => column.text(trial).toLowerCase().includes(term.word))
    if (term.kind === 'among') return term.values.includes(term.column.text(trial).toLowerCase())
    const value = term.column.rank(trial)
    return typeof value === 'number' && isWithin(term.range, value)
  })
}

function isWithin({ low, high, lowOpen, highOpen }: Range, value: number): boolean {
  return (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high)
}

/** What a filter asks of a column: a range, or the values it may have; undefined where nothing. */
export function askedOf({ terms }: Filter, { id }: Column): Range | readonly string[] | undefined {
  const own = terms.filter(term => term.kind !== 'word').filter(({ column }) => column.id === id)
  const names = own.find(term => term.kind === 'among')
  if (names) return names.values
  const ranges = own.flatMap(term => (term.kind === 'range' ? [term.range] : []))
  if (ranges.length === 0) return undefined
  return {
    low: Math.max(...ranges.map(({ low }) => low)),
    high: Math.min(...ranges.map(({ high }) => high)),
  }
}

/** The text with another demand on a column in place of what it says of it; undefined takes the demand away. */
export function withDemand(
  text: string,
  columns: readonly Column[],
  column: Column,
  demand: Range | readonly string[] | undefined,
): string {
  const others = piecesOf(text).filter(piece => {
    const term = termOf(piece, columns)
    return typeof term === 'string' || term.kind === 'word' || term.column.id !== column.id
  })
  if (demand === undefined) return others.join(' ')
  const name = quoted(column.name)
  const said = isRange(demand) ? rangeText(demand) : quoted(demand.join('|'))
  return [...others, `${name}=${said}`].join(' ')
}

export function isRange(demand: Range | readonly string[]): demand is Range {
  return 'low' in demand
}

const quoted = (text: string) => (/\s/.test(text) ? `"${text.replaceAll('"', '')}"` : text.replaceAll('"', ''))
const rangeText = ({ low, high }: Range) => (low === high ? String(low) : `${bound(low)}..${bound(high)}`)
const bound = (value: number) => (Number.isFinite(value) ? String(value) : '')
