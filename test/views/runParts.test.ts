import assert from 'node:assert/strict'
import { scoreHistory, scoreHistoryOf, sharesOf } from '../../src/views/scoreHistory.js'
import { cellsOf, stepNorms, stepNormsOf } from '../../src/views/stepNorms.js'

describe('the measured norms of sampler steps', () => {
  const moment = (iteration: number, ...norms: [step: number, norm: number][]) => ({
    iteration,
    steps: norms.map(([step, norm]) => ({ step, t: 1000 - 50 * step, w: 0.1 * (step + 1), norm })),
  })

  it('become a table of step × iteration that survives the notebook file within two hundredths', () => {
    const made = stepNormsOf([moment(2, [0, 100], [7, 0.01]), moment(4, [7, 2]), moment(6, [3, 5])])!
    const norms = stepNorms.parse(JSON.parse(JSON.stringify(made)))
    assert.deepEqual(norms.step, [0, 3, 7])
    assert.deepEqual([norms.iteration, norms.until], [[2, 4, 6], 6])
    const wanted = [
      [100, null, null],
      [null, null, 5],
      [0.01, 2, null],
    ]
    cellsOf(norms).forEach((row, r) => {
      row.forEach((cell, c) => {
        const norm = wanted[r]![c]!
        assert.ok(norm === null ? cell === null : Math.abs(cell! / norm - 1) < 0.02, `${r},${c}: ${cell}`)
      })
    })
    assert.deepEqual([norms.mean[2], norms.count], [1.005, [1, 1, 2]])
  })

  it('stay small over 4,096 iterations of 20 steps, and leave out what is no number', () => {
    const moments = Array.from({ length: 4096 }, (_, i) => moment(i, [i % 20, 1 + (i % 7)], [19, Number.NaN], [18, 0]))
    const norms = stepNormsOf(moments)!
    assert.ok(norms.iteration.length <= 120)
    assert.ok(JSON.stringify(norms).length < 10_000)
    assert.equal(norms.count[19], 204)
    assert.ok('error' in stepNorms.safeParse({ ...norms, cells: norms.cells.slice(4) }))
  })

  it('are nothing where nothing was measured', () => {
    assert.equal(stepNormsOf([{ iteration: 1, steps: [] }]), undefined)
  })
})

describe('the history of scores', () => {
  it('has distributions, means, the share right of 0 and the share of pairs in order', () => {
    const made = scoreHistoryOf([
      { iteration: 1, real: [0.1, 0.3], fake: [0.1, 0.3] },
      { iteration: 2, real: [0.5, 0.7], fake: [-0.5, 0.2] },
    ])!
    const history = scoreHistory.parse(JSON.parse(JSON.stringify(made)))
    assert.deepEqual([history.least, history.greatest], [-0.5, 0.7])
    assert.deepEqual(history.accuracy, [0.5, 0.75])
    assert.deepEqual(history.apart, [0.5, 1])
    assert.deepEqual(
      [history.meanReal, history.meanFake],
      [
        [0.2, 0.6],
        [0.2, -0.15],
      ],
    )
    for (const share of sharesOf(history, 'real')) assert.ok(Math.abs(share.reduce((a, b) => a + b) - 1) < 0.02)
  })

  it('is thinned to sixty columns, and refuses tables of another size', () => {
    const moments = Array.from({ length: 1000 }, (_, i) => ({ iteration: i, real: [i / 1000], fake: [0] }))
    const history = scoreHistoryOf(moments)!
    assert.deepEqual([history.iteration.length, history.until], [60, 999])
    assert.ok('error' in scoreHistory.safeParse({ ...history, real: '' }))
    assert.equal(scoreHistoryOf([]), undefined)
  })
})
