/** What the views draw in the bench: as large as they come in the notebooks, made from arithmetic alone. */

import { cosineSchedule, ddim, linearSchedule, scaledLinearSchedule } from '../../../src/samplers/index.js'
import {
  encodeTiles,
  gradientScaleView,
  imagesView,
  runView,
  type StepEvent,
  type SweepRow,
  type SweepView,
  storedRun,
  sweepView,
  type View,
} from '../../../src/views/index.js'

const noise = (i: number, j = 0) => Math.abs(Math.sin(i * 12.9898 + j * 78.233) * 43758.5453) % 1

/** Fig. A1: two schedules along both paths. */
export function figureA1(): View {
  const schedules = [linearSchedule(), scaledLinearSchedule()]
  return gradientScaleView(
    schedules.map((schedule, i) => ({ sampler: ddim(schedule, 50), schedule: ['linear', 'scaled linear'][i]! })),
    ['adt', 'drtune'],
  )
}

/** 10,000 points in ten curves of 1,000 steps. */
export function manySteps(): View {
  const schedules = [linearSchedule(), scaledLinearSchedule(), cosineSchedule()]
  const samplers = schedules.map((schedule, i) => ({ sampler: ddim(schedule, 1000), schedule: `schedule ${i + 1}` }))
  const again = samplers.slice(0, 2).map(one => ({ ...one, label: 'again' }))
  return gradientScaleView([...samplers, ...again], ['adt', 'drtune'])
}

/** 2,000 iterations with everything that a run measures. */
export function wholeRun(): View {
  const events = Array.from({ length: 2000 }, (_, i): StepEvent => {
    const falling = Math.exp(-i / 600)
    const perStep = [0, 1, 2].map(k => {
      const step = (7 * i + 5 * k) % 20
      return { step, t: 981 - 49 * step, w: -0.1 - 0.01 * step, norm: 0.01 + 0.1 * noise(i, k) }
    })
    return {
      ...{ kind: 'step' as const, iteration: i + 1, total: 2000, seconds: 0.2 + 0.02 * noise(i) },
      losses: {
        adversarial: falling + 0.2 * noise(i, 1),
        diffusion: 0.05 + 0.01 * noise(i, 2),
        discriminator: 1.2 - falling,
      },
      scores: { real: 0.4 + 0.1 * noise(i, 3), fake: 0.4 - 0.3 * falling },
      realScores: Array.from({ length: 8 }, (_, k) => 0.4 + 0.3 * noise(i, 4 + k)),
      fakeScores: Array.from({ length: 8 }, (_, k) => 0.1 + 0.3 * noise(i, 14 + k)),
      layerScores: [2, 5, 8, 11].map(block => ({ block, real: 0.4, fake: 0.1 + 0.01 * block })),
      gradientNorms: { adversarial: 0.1 + 0.05 * noise(i, 30), total: 0.2 + 0.05 * noise(i, 31), perStep },
      learningRate: 1e-4,
      memory: { device: 4e8 + 1e6 * noise(i, 32) },
    }
  })
  const images = encodeTiles(pixels(8))
  const samples = Array.from({ length: 8 }, (_, i) => ({ iteration: 250 * i + 1, images }))
  return runView([storedRun(events, { label: 'bench', settings: { K: 3, lambda: 0.5 }, samples })])
}

/** 200 trials of 1,000 points, five by four settings, ten seeds each. */
function sweepRows(): SweepRow[] {
  return [0, 0.1, 0.3, 0.5, 0.7].flatMap((lambda, l) =>
    [1, 2, 3, 5].flatMap((K, k) =>
      Array.from({ length: 10 }, (_, seed): SweepRow => {
        const n = 40 * l + 10 * k + seed
        const end = 12 + 60 * (lambda - 0.5) ** 2 + 2 * Math.abs(Math.log(K / 3)) + noise(n)
        const iteration = Array.from({ length: 1000 }, (_, i) => i + 1)
        const value = iteration.map(i => end + 20 * Math.exp(-i / 200) + noise(n, i))
        const settings = { 'tuning.lambda': lambda, 'tuning.K': K }
        return { method: 'ADT', settings, seed, state: 'finished', total: 1000, curve: { iteration, value } }
      }),
    ),
  )
}

export function wholeSweep(): SweepView {
  return sweepView(sweepRows(), { metric: { name: 'fd', better: 'lower' }, axes: ['tuning.lambda', 'tuning.K'] })
}

/** 64 images of 64 × 64. */
export function manyImages(): View {
  return imagesView(pixels(64), { columns: 8, width: 64 })
}

function pixels(count: number) {
  const shape = [count, 64, 64, 3]
  return { shape, data: Uint8Array.from({ length: count * 64 * 64 * 3 }, (_, i) => 255 * noise(i)) }
}
