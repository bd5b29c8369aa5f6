/** The cell whose sweep is pictured: 90 trials of made-up figures, as a study with early stopping would have left them. */
import * as adt from 'adt'

const noise = (i: number, j: number) => (Math.abs(Math.sin(i * 12.9898 + j * 78.233)) * 43758.5453) % 1
const [total, rungs] = [2000, [250, 500, 1000]]
const axes = { lambda: [0, 0.1, 0.3, 0.5, 0.7, 1], K: [1, 2, 3, 5, 8] }
const trials = axes.lambda.flatMap((lambda, l) =>
  axes.K.flatMap((K, k) =>
    [0, 1, 2].map(seed => {
      const n = 17 * l + 5 * k + seed
      const end = 15 + 9 * Math.abs(lambda - 0.5) ** 1.4 + 1.6 * Math.abs(Math.log(K / 3)) + 1.2 * noise(n, 1)
      const iteration = Array.from({ length: total / 25 }, (_, i) => 25 * (i + 1))
      const value = iteration.map(i => end + 14 * Math.exp(-i / (320 + 160 * noise(n, 2))) + 0.5 * noise(n, i))
      const reached = lambda === 1 && K > 3 ? (K === 8 ? 0 : 825) : total
      return { lambda, K, seed, iteration, value, reached }
    }),
  ),
)
// The worse half ends at each rung.
const cutoffs = rungs.map(iteration => {
  const at = trials.flatMap(({ value, reached }) => (reached < iteration ? [] : [value[iteration / 25 - 1]!]))
  const cutoff = at.sort((a, b) => a - b)[Math.floor(0.6 * at.length)]!
  for (const trial of trials) {
    if (trial.reached === total && trial.value[iteration / 25 - 1]! > cutoff) trial.reached = iteration
  }
  return { iteration, cutoff, seen: at.length }
})
const rows = trials.map(({ lambda, K, seed, iteration, value, reached }) => {
  const rung = cutoffs.find(one => one.iteration === reached)
  const points = reached / 25
  return {
    method: 'ADT',
    settings: { 'tuning.lambda': lambda, 'tuning.K': K },
    seed,
    state: reached === total ? 'finished' : rung ? 'stopped' : reached > 0 ? 'running' : 'waiting',
    total,
    curve: { iteration: iteration.slice(0, points), value: value.slice(0, points) },
    ...(rung && { stopped: { rung: reached, value: value[points - 1]!, cutoff: rung.cutoff, seen: rung.seen } }),
  } as const
})
const paper = [24.1, 21.1, 20.4, 19.8, 20, 19.9].map((FID, i) => ({
  method: 'ADT',
  settings: { 'tuning.lambda': axes.lambda[i]!, 'tuning.K': 3 },
  figures: { FID },
}))
adt.show(
  adt.sweepView(rows, {
    metric: { name: 'fd', better: 'lower' },
    title: 'λ and K together (figures made up)',
    axes: ['tuning.lambda', 'tuning.K'],
    rungs: cutoffs,
    paper: { name: 'FID', better: 'lower', cells: paper },
  }),
)
