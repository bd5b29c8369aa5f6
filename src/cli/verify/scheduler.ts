/** Evaluates a golden case of component `scheduler`: everything its `io.json` lists, from the plan. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  arrays,
  backwardWeights,
  gradientScale,
  noised,
  type Plan,
  runPlan,
  type SchedulerConfig,
  samplerFromConfig,
  scheduleFromConfig,
  startAt,
} from '../../samplers/index.js'
import type { CaseJson, Comparison } from './index.js'

interface Run {
  steps: number
  begin_index: number
  noise: number[]
  clean?: number[]
  x: number[][]
  net: number[][]
  [name: string]: unknown
}

interface Io {
  config: SchedulerConfig
  runs: Run[]
  alphas_cumprod?: Record<string, number>
}

/** Values of case.json's `component` that are run here. */
export const components = ['scheduler']

/**
 * @param caseFolder folder of the case
 * @param caseJson its parsed case.json; `options.class` names the scheduler
 */
export async function run(caseFolder: string, caseJson: CaseJson): Promise<{ values: Map<string, Comparison> }> {
  const io: Io = JSON.parse(await readFile(join(caseFolder, 'io.json'), 'utf8'))
  const className = caseJson.options?.class
  if (typeof className !== 'string') throw new Error('case.json: options.class must name the scheduler')
  const values = new Map<string, Comparison>()
  const schedule = scheduleFromConfig(io.config, className)
  for (const [t, product] of Object.entries(io.alphas_cumprod ?? {})) {
    values.set(`alphas_cumprod.${t}`, { got: [schedule.alphas[Number(t)]! ** 2], reference: [product], kind: 'out' })
  }
  for (const [index, reference] of io.runs.entries()) {
    const got = evaluate(samplerFromConfig(io.config, reference.steps, className), reference)
    for (const [name, array] of Object.entries(got)) {
      if (name in reference) add(values, `runs.${index}.${name}`, array, reference[name])
    }
  }
  return { values }
}

type Numbers = ArrayLike<number> | ArrayLike<number>[]

/** What a run yields, under the names of io.json. */
function evaluate(plan: Plan, { begin_index: from, noise, clean }: Run): Record<string, Numbers> {
  const x: Float64Array[] = []
  const net: Float64Array[] = []
  const image = clean && Float64Array.from(clean)
  const start = Float64Array.from(noise)
  const first = image ? noised(arrays, plan.steps[from]!, image, start) : start
  const final = runPlan(plan, first, toyNetwork, {
    algebra: arrays,
    from,
    onStep: (_, latent, output) => {
      x.push(latent)
      net.push(output)
    },
  })
  const steps = startAt(plan, from).steps
  const square = (value: number) => value ** 2
  return {
    timesteps: plan.steps.map(({ t }) => t),
    alphas_cumprod_at_timesteps: plan.steps.map(({ level }) => square(level.alpha)),
    final_alpha_cumprod: [square(plan.end.alpha)],
    sigmas: [...plan.steps.map(({ level }) => level), plan.end].map(({ alpha, sigma }) =>
      plan.prediction === 'flow' ? sigma : sigma / alpha,
    ),
    noised: first,
    x,
    net,
    x_final: final,
    W_adt: backwardWeights(plan, 'adt', from),
    W_drtune: backwardWeights(plan, 'drtune', from),
    dxfinal_dx: gradientScale(plan, 'drtune', from),
    a: steps.map(({ own }) => own.x),
    b_own: steps.map(({ own }) => own.output),
    b_next: steps.map((_, i) => steps[i + 1]?.previous?.output ?? 0),
  }
}

/** The toy network of the cases, written out in their README. */
function toyNetwork(x: Float64Array, t: number): Float64Array {
  return x.map((value, p) => 0.6 * Math.tanh(value + 0.5 * Math.sin(0.01 * t + p)))
}

/** Adds one comparison per innermost array. */
function add(values: Map<string, Comparison>, name: string, got: Numbers, reference: unknown): void {
  if (Array.isArray(reference) && Array.isArray(reference[0])) {
    for (const [i, entry] of reference.entries()) add(values, `${name}.${i}`, (got as number[][])[i] ?? [], entry)
    return
  }
  const numbers = Array.isArray(reference) ? (reference as number[]) : [Number(reference)]
  values.set(name, { got: got as ArrayLike<number>, reference: numbers, kind: 'out' })
}
