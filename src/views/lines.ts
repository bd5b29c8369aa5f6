/** Which lines a view draws, in what colour and under what name: the same in the extension and in the picture. */

import { pathName } from './format.js'
import { colourIndices } from './palette.js'
import type { GradientScaleView, Run, RunView } from './schema.js'
import { curveName } from './text.js'
import { trans } from './words.js'

export interface Line {
  readonly name: string
  /** Index into the palette. */
  readonly colour: number
  readonly dashed: boolean
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
  /** A running mean of y, drawn over it, where y is noisy. */
  readonly smooth?: readonly (number | null)[]
}

/** An entry of a legend; without a colour it explains the dash alone. */
export interface Key {
  readonly name: string
  readonly colour?: number
  readonly dashed: boolean
}

export interface Panel {
  readonly title: string
  readonly scale: 'log' | 'linear'
  readonly lines: readonly Line[]
  readonly keys: readonly Key[]
}

/** What of a curve is drawn: ∂x_final/∂x_t, or the size of the weight of the network's output. */
export type Quantity = 'gain' | 'w'

/** What a drawing of it is called. */
export function gradientTitle(quantity: Quantity): string {
  return quantity === 'gain'
    ? trans.__('Gradient scale ∂x̂₀/∂xₜ of each sampler step')
    : trans.__('Weight |∂x̂₀/∂εₜ| of each network call')
}

/** The curves of a view. With one sampler the path has the colour; with several the sampler has it and ADT is dashed. */
export function gradientPanel({ curves, scale }: GradientScaleView, quantity: Quantity): Panel {
  const oneSampler = new Set(curves.map(({ sampler }) => sampler)).size === 1
  const names = curves.map(({ sampler, schedule }) => {
    if (schedule === undefined) return sampler
    return oneSampler ? schedule : `${sampler}, ${schedule}`
  })
  const samplers = [...new Set(names)]
  const paths = [...new Set(curves.map(({ path }) => path))]
  const several = samplers.length > 1
  const colours = colourIndices(several ? samplers : paths)
  const lines = curves.map((curve, i) => ({
    name: curveName(curve),
    colour: colours[several ? samplers.indexOf(names[i]!) : paths.indexOf(curve.path)]!,
    dashed: several && curve.path === 'adt',
    x: curve.t,
    // b, and so w, is negative where the step takes noise away: its size is what matters.
    y: quantity === 'gain' ? curve.gain : curve.w.map(w => (w === null ? null : Math.abs(w))),
  }))
  const pathKeys = paths.map((path, i) =>
    several
      ? { name: pathName(path), dashed: path === 'adt' }
      : { name: `${curves[0]!.sampler}: ${pathName(path)}`, colour: colours[i]!, dashed: false },
  )
  const samplerKeys = samplers.map((name, i) => ({ name, colour: colours[i]!, dashed: false }))
  return { title: gradientTitle(quantity), scale, lines, keys: several ? [...samplerKeys, ...pathKeys] : pathKeys }
}

const groups = () =>
  [
    // The discriminator's loss is of another size: on one scale the generator's would be flat.
    {
      title: trans.__('Generator losses'),
      one: trans.__('Loss'),
      scale: 'linear',
      pick: ({ losses: { discriminator, ...own } }: Run) => own,
    },
    {
      title: trans.__('Discriminator loss'),
      one: trans.__('Loss'),
      scale: 'linear',
      pick: ({ losses: { discriminator } }: Run): Run['losses'] => (discriminator ? { discriminator } : {}),
    },
    {
      title: trans.__('Discriminator scores'),
      one: trans.__('Score'),
      scale: 'linear',
      pick: (run: Run) => run.scores,
    },
    {
      title: trans.__('Gradient norms'),
      one: trans.__('Gradient norm'),
      scale: 'log',
      pick: (run: Run) => run.gradientNorms,
    },
  ] as const

/** The charts of a run: a group of quantities each. Of several runs: a quantity each, the run has the colour. */
export function runPanels({ runs }: RunView): Panel[] {
  const [only, ...others] = runs as [Run, ...Run[]]
  if (others.length > 0) return comparisonPanels(runs)
  return groups().flatMap(({ title, scale, pick }) => {
    const named = Object.entries(pick(only)).filter(([, column]) => column.some(value => value !== null))
    const colours = colourIndices(named.map(([name]) => name))
    const lines = named.map(([name, y], i) => lineOf(name, colours[i]!, only.iteration, y))
    const keys = lines.map(({ name, colour, dashed }) => ({ name, colour, dashed }))
    return lines.length > 0 ? [{ title, scale, lines, keys }] : []
  })
}

/** The colour of each run of a comparison. */
export function runColours(runs: readonly Run[]): number[] {
  return colourIndices(runs.map((_, i) => `run ${i}`))
}

function comparisonPanels(runs: readonly Run[]): Panel[] {
  const colours = runColours(runs)
  return groups().flatMap(({ one, scale, pick }) => {
    const names = [...new Set(runs.flatMap(run => Object.keys(pick(run))))]
    return names.flatMap(name => {
      const lines = runs.flatMap((run, r) => {
        const y = pick(run)[name]
        return y?.some(value => value !== null) ? [lineOf(run.label, colours[r]!, run.iteration, y)] : []
      })
      return lines.length > 0 ? [{ title: `${one} · ${name}`, scale, lines, keys: [] }] : []
    })
  })
}

const fewPoints = 40

/** A series as a line through the iterations that measured it: the generator, say, is not updated in all of them. */
export function lineOf(name: string, colour: number, x: readonly number[], y: readonly (number | null)[]): Line {
  const measured = y.flatMap((value, i) => (value === null ? [] : [i]))
  const line = { name, colour, dashed: false, x: measured.map(i => x[i]!), y: measured.map(i => y[i]!) }
  return measured.length < fewPoints ? line : { ...line, smooth: smoothed(line.y, Math.ceil(line.y.length / 40)) }
}

/** The mean of each value and its neighbours up to `reach` places away; null stays null. */
export function smoothed(y: readonly (number | null)[], reach: number): (number | null)[] {
  const sums = [0]
  const counts = [0]
  for (const [i, value] of y.entries()) {
    sums.push(sums[i]! + (value ?? 0))
    counts.push(counts[i]! + (value === null ? 0 : 1))
  }
  return y.map((value, i) => {
    if (value === null) return null
    const [from, to] = [Math.max(0, i - reach), Math.min(y.length, i + reach + 1)]
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!)
  })
}
