/** Numbers and times as a reader wants them; the same in the terminal, in pictures and in the extension. */

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Three significant digits; powers of ten for what is very large or small. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    const [mantissa, exponent] = value.toExponential(2).split('e') as [string, string]
    return `${minus(String(Number(mantissa)))}·${power(Number(exponent))}`
  }
  if (Number.isInteger(value)) return minus(String(value))
  return minus(String(Number(value.toPrecision(3))))
}

/** 10³, 10⁻². */
export function power(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map(digit => superscripts[Number(digit)]).join('')
  return `10${exponent < 0 ? '⁻' : ''}${digits}`
}

/** 0.42 s, 3 min, 2 h 05 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** 1.2 GB, 340 MB. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  return value >= 1e9 ? `${number(value / 1e9)} GB` : `${number(value / 1e6)} MB`
}

/** Six significant digits, for storing: a reader sees fewer, and payloads stay small. Null where it is not finite. */
export function compact(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6))
}

/** A path's name as the paper writes it. */
export function pathName(path: 'adt' | 'drtune'): string {
  return path === 'adt' ? 'ADT' : 'DRTune'
}

function minus(text: string): string {
  return text.replace('-', '−')
}
