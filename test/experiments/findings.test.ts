import { strict as assert } from 'node:assert'
import { rmSync } from 'node:fs'
import { findings, parseStudy, readTrials, tableOf, trialsOf } from '../../src/experiments/index.js'
import { figures, newFolder, store, storeMetrics } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

const label = (name: string) => ({ label: name, settings: { method: 'adt', tuning: { lambda: name.length } } })
const methods = {
  ft: { label: 'FT', settings: { method: 'ft' } },
  adt: { label: 'ADT', settings: { method: 'adt' } },
  worse: label('Worse'),
  alike: label('Similar'),
}
/** FD by method: seeds differ by the same in all of them, but for one that is now above and now below ADT. */
const fd = (method: string, seed: number) =>
  seed + { ft: 8, adt: 10, worse: 13, alike: 10 + (seed % 2 === 0 ? 1 : -1) }[method]!

describe('what a table tells', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function told(seeds: number[]) {
    const study = parseStudy(tinyStudy({ methods, seeds }))
    store(folder, study, ({ arms: [arm], seed }) => ({ metrics: { ddim: figures(fd(arm!.method, seed)) } }))
    return findings(tableOf(study, readTrials(folder)))
  }

  it('the best, and what the paired interval tells apart, whichever way the figure is better', () => {
    assert.deepEqual(told([0, 1, 2, 3, 4]), [
      'Best mean FD: FT, 10.00 ± 1.6. Better than ADT beyond the seeds’ chance: FT; worse: Worse; not told apart: Similar.',
    ])
    const study = parseStudy(tinyStudy({ methods, seeds: [0, 1, 2, 3, 4], metric: { name: 'text', better: 'higher' } }))
    assert.match(
      findings(tableOf(study, readTrials(folder)))[0]!,
      /^Best mean text score: FT.*than ADT.*: FT; worse: Worse;/,
    )
  })

  it('judges nothing on fewer than five seeds, and says nothing where nothing has run', () => {
    assert.deepEqual(told([0, 1]), [
      'Best mean FD: FT, 8.500 ± 0.71. Of the differences to ADT none is judged: that takes five seeds.',
    ])
    const study = parseStudy(tinyStudy({ name: 'other', base: { ...tinyStudy().base, iterations: 9 } }))
    assert.deepEqual(findings(tableOf(study, readTrials(folder))), [])
  })

  it('names together what lies along one setting, as the table does', () => {
    const { ft, adt } = methods
    const methodsOfGrid = { ft: { ...ft, crossed: false }, adt }
    const grid = { 'tuning.lambda': [0.1, 0.3, 0.5, 0.7] }
    const study = parseStudy(tinyStudy({ methods: methodsOfGrid, grid, seeds: [0, 1, 2, 3, 4], against: 'ft' }))
    store(folder, study, ({ arms: [arm], seed }) => ({
      metrics: { ddim: figures(10 * Number(arm!.at['tuning.lambda'] ?? 0.7) + seed) },
    }))
    assert.deepEqual(findings(tableOf(study, readTrials(folder))), [
      'Best mean FD: ADT, λ 0.1, 3.000 ± 1.6. Better than FT beyond the seeds’ chance: ADT with λ 0.1, 0.3 and 0.5; worse: none; not told apart: ADT with λ 0.7.',
    ])
  })

  it('compares curves where all of them have been measured, though one is ahead', () => {
    const study = parseStudy(tinyStudy({ view: 'curve', seeds: [0, 1] }))
    store(folder, study, () => ({ metrics: { ddim: figures(5) } }))
    const curves: Record<string, Record<number, number>> = { ft: { 2: 9, 4: 8, 6: 7 }, adt: { 2: 8, 4: 5 } }
    for (const { key, arms } of trialsOf(study)) {
      const lines = Object.entries(curves[arms[0]!.method]!).map(([iteration, fd]) => ({ iteration, ...figures(fd) }))
      storeMetrics(
        folder,
        key,
        lines.map(({ iteration, ...rest }) => ({
          kind: 'evaluation',
          name: 'ddim',
          iteration: Number(iteration),
          ...rest,
        })),
      )
    }
    assert.match(findings(tableOf(study, readTrials(folder)))[0]!, /^Best mean FD: ADT, 5\.000/)
  })
})
