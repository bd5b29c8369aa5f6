import assert from 'node:assert/strict'
import { type SweepRow, sweepView } from '../../src/views/index.js'
import { askedOf, parseFilter, passes, withDemand } from '../../src/views/sweepFilter.js'
import { lastIteration, measuredBy } from '../../src/views/sweepMeasure.js'
import { brushed, parallelAxes } from '../../src/views/sweepParallel.js'
import { trialColumns } from '../../src/views/sweepWords.js'

const metric = { name: 'fd', better: 'lower' } as const
const row = (method: string, lambda: number, K: number, more: Partial<SweepRow> = {}): SweepRow => ({
  method,
  settings: { 'tuning.lambda': lambda, 'tuning.K': K },
  seed: 0,
  state: 'finished',
  ...more,
})
const rows = [
  row('ADT', 0, 1, { value: 30 }),
  row('ADT', 0.5, 3, { value: 12 }),
  row('ADT', 1, 100, { value: 20, state: 'running' }),
  row('+ DRTune', 0.5, 3, { value: 15 }),
  row('+ DRTune', 1, 1, { state: 'waiting' }),
]
const view = sweepView(rows, { metric })
const columns = trialColumns(view)
const column = (name: string) => columns.find(one => one.name === name)!
const passing = (text: string) => {
  const filter = parseFilter(text, columns)
  return view.trials.flatMap((trial, i) => (passes(filter, trial, columns) ? [i] : []))
}

describe('the filter of a sweep', () => {
  const cases: [string, number[]][] = [
    ['', [0, 1, 2, 3, 4]],
    ['running', [2]],
    ['drtune', [3, 4]],
    ['fd<20', [1, 3]],
    ['fd <= 20', [1, 2, 3]],
    ['fd≥20', [0, 2]],
    ['λ=0.3..0.7', [1, 3]],
    ['lambda=..0.5', [0, 1, 3]],
    ['lambda=0.7..0.3 K=3', [1, 3]],
    ['lambda=0.5.. state=finished', [1, 3]],
    ['method="+ DRTune|FT"', [3, 4]],
    ['"+ drtune" fd<16', [3]],
    ['fd>0', [0, 1, 2, 3]],
    ['K=1 fd<0', []],
  ]
  for (const [text, wanted] of cases)
    it(`${text || 'nothing'} leaves ${wanted}`, () => assert.deepEqual(passing(text), wanted))

  it('says what it does not understand, and filters by the rest', () => {
    const { problems } = parseFilter('loss<3 fd<x finished', columns)
    assert.match(problems[0]!, /no column loss: there are method, λ, K, seed/)
    assert.match(problems[1]!, /write a number, as fd<20/)
    assert.deepEqual(passing('loss<3 fd<x finished'), [0, 1, 3])
  })

  it('takes what was brushed into its text, once a column, and leaves the rest of it alone', () => {
    const first = withDemand('finished λ<0.2', columns, column('λ'), { low: 0.3, high: 0.7 })
    assert.equal(first, 'finished λ=0.3..0.7')
    assert.equal(withDemand(first, columns, column('λ'), { low: 0.5, high: 0.5 }), 'finished λ=0.5')
    const second = withDemand(first, columns, column('method'), ['+ DRTune', 'ADT'])
    assert.equal(second, 'finished λ=0.3..0.7 method="+ DRTune|ADT"')
    assert.deepEqual(passing(second), [1, 3])
    assert.deepEqual(askedOf(parseFilter(second, columns), column('λ')), { low: 0.3, high: 0.7 })
    assert.deepEqual(askedOf(parseFilter(second, columns), column('method')), ['+ drtune', 'adt'])
    assert.equal(withDemand(second, columns, column('λ'), undefined), 'finished method="+ DRTune|ADT"')
  })
})

describe('parallel coordinates of a sweep', () => {
  const axes = parallelAxes(view)
  const axis = (name: string) => axes.find(one => one.column.name === name)!

  it('have an axis for what varies and one for the metric, logarithmic where values are far apart', () => {
    assert.deepEqual(
      axes.map(({ column, scale }) => [column.name, scale]),
      [
        ['λ', 'linear'],
        ['K', 'log'],
        ['method', 'names'],
        ['fd', 'linear'],
      ],
    )
    assert.equal(parallelAxes(view, new Map([['setting tuning.K', 'linear']]))[1]!.scale, 'linear')
    assert.equal(
      parallelAxes(view, new Map([['setting tuning.lambda', 'log']]))[0]!.scale,
      'linear',
      '0 has no logarithm',
    )
  })

  it('place trials between the least and the greatest, and those without a value nowhere', () => {
    const places = (name: string) => view.trials.map(trial => axis(name).place(trial))
    assert.deepEqual(places('λ'), [0, 0.5, 1, 0.5, 1])
    assert.deepEqual(places('method'), [0, 0, 0, 1, 1])
    assert.deepEqual(places('fd'), [1, 0, 8 / 18, 3 / 18, null])
    assert.equal(places('K')[0], 0)
    assert.ok(Math.abs(places('K')[1]! - Math.log(3) / Math.log(100)) < 1e-12)
  })

  it('a brush chooses the values it covers', () => {
    assert.deepEqual(brushed(axis('λ'), 0.9, 0.4), { low: 0.5, high: 0.5 })
    assert.deepEqual(brushed(axis('λ'), 0.3, 1.2), { low: 0.5, high: 1 })
    assert.equal(brushed(axis('λ'), 0.1, 0.2), undefined)
    assert.deepEqual(brushed(axis('method'), -1, 0.1), ['ADT'])
    assert.deepEqual(brushed(axis('fd'), 0, 0.25), { low: 12, high: 16.5 })
  })
})

describe('the value that counts for a trial', () => {
  const curve = { iteration: [10, 20, 30], value: [5, 3, 4] }
  const curves = sweepView(
    [
      row('a', 0, 1, { curve }),
      row('b', 0, 1, { curve: { iteration: [10], value: [9] }, iteration: 10 }),
      row('c', 0, 1),
    ],
    { metric },
  )
  const values = (measure: Parameters<typeof measuredBy>[1], of = curves) =>
    measuredBy(of, measure).trials.map(({ value }) => value)

  it('is the last, the best, or the one at an iteration that the trial has reached', () => {
    assert.deepEqual(values({ kind: 'last' }), [4, 9, null])
    assert.deepEqual(values({ kind: 'best' }), [3, 9, null])
    assert.deepEqual(values({ kind: 'best' }, { ...curves, metric: { name: 'text', better: 'higher' } }), [5, 9, null])
    assert.deepEqual(values({ kind: 'at', iteration: 25 }), [3, null, null])
    assert.deepEqual(values({ kind: 'at', iteration: 10 }), [5, 9, null])
    assert.deepEqual(values({ kind: 'at', iteration: 5 }), [null, null, null])
    assert.equal(lastIteration(curves), 30)
  })
})
