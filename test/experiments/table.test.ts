import { strict as assert } from 'node:assert'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/data/index.js'
import {
  bestShares,
  createTrial,
  findStudy,
  pairedDifference,
  parseStudy,
  readTrials,
  renderTable,
  statistic,
  tableOf,
  trialsOf,
} from '../../src/experiments/index.js'
import { writeTrial } from '../../src/experiments/trialFolder.js'
import { figures, newFolder, store, storeMetrics } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

/** Numbers of the standard normal distribution, the same every time (Box and Muller's, from a Lehmer generator). */
function normalNumbers(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

describe('figures over seeds', () => {
  it('are mean, sample deviation and an interval around the mean; one seed has no spread', () => {
    const { mean, sd, ci } = statistic({ 0: 1, 1: 2, 2: 6 })
    assert.equal(mean, 3)
    assert.ok(Math.abs(sd! - Math.sqrt(7)) < 1e-12)
    assert.ok(ci![0] < 1 && ci![1] > 6, 'three seeds tell little of others')
    assert.deepEqual(statistic({ 4: 5 }), { mean: 5, sd: null, ci: null, values: { 4: 5 } })
  })

  it('differences are taken seed by seed, so that what seeds have in common falls out', () => {
    const a = { 0: 10, 1: 20, 2: 30, 3: 40, 4: 50 }
    const b = { 0: 9, 1: 19.5, 2: 29, 3: 39.5, 4: 49, 7: 1000 }
    const difference = pairedDifference(a, b)!
    assert.ok(Math.abs(difference.mean - 0.8) < 1e-9)
    assert.equal(difference.seeds, 5)
    assert.equal(difference.significant, true)
    assert.ok(difference.ci![0] > 0.4 && difference.ci![0] < 0.8 && difference.ci![1] > 0.8 && difference.ci![1] < 1.2)
    assert.equal(pairedDifference(a, { ...b, 0: 14, 1: 24 })!.significant, false)
  })

  it('intervals of differences that are nothing but chance leave zero out one time in twenty', function () {
    this.timeout(20_000)
    const normal = normalNumbers(7)
    const cases = 1000
    for (const seeds of [5, 10]) {
      const zeros = Object.fromEntries(Array.from({ length: seeds }, (_, seed) => [seed, 0]))
      let apart = 0
      for (let i = 0; i < cases; i++) {
        const drawn = Object.fromEntries(Object.keys(zeros).map(seed => [seed, normal()]))
        if (pairedDifference(drawn, zeros)!.significant) apart++
      }
      const share = apart / cases
      assert.ok(share > 0.03 && share < 0.07, `${seeds} seeds: ${share}`)
    }
  })

  it('fewer than five shared seeds are not judged, none have no difference', () => {
    assert.equal(pairedDifference({ 0: 1, 1: 2, 2: 3, 3: 4 }, { 0: 0, 1: 0, 2: 0, 3: 0 })!.significant, null)
    assert.equal(pairedDifference({ 0: 1 }, { 1: 1 }), undefined)
  })

  it('shares of the best: equal scores share', () => {
    assert.deepEqual(
      bestShares([
        [1, 5, 2, 0],
        [3, 5, 1, 0],
        [0, 1, 0, 0],
      ]).map(share => Number(share.toFixed(6))),
      [0.458333, 0.458333, 0.083333],
    )
  })
})

describe('a study’s table', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const read = () => readTrials(folder)

  it('has ours over the seeds beside the paper’s, marks the best and what is not significant', () => {
    const study = parseStudy(
      tinyStudy({
        seeds: [0, 1, 2, 3, 4],
        methods: {
          ft: { label: 'FT', settings: { method: 'ft' } },
          adt: { label: 'ADT', settings: { method: 'adt' } },
          same: { label: 'same', settings: { method: 'adt', tuning: { K: 2 } } },
        },
        paper: [{ method: 'adt', figures: { FID: 19.84 } }],
      }),
    )
    const offset = { ft: 5, adt: 0, same: 0 } as Record<string, number>
    const jitter = [1, -1, 0.5, -0.7, 0.1]
    store(folder, study, ({ arms: [arm], seed }) => ({
      metrics: { ddim: figures(10 + seed + offset[arm!.method]! + (arm!.method === 'same' ? jitter[seed]! : 0)) },
    }))
    const { rows } = tableOf(study, read())
    const [ft, adt, same] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]]
    assert.deepEqual(
      rows.map(({ method, seeds, wanted }) => [method, seeds, wanted]),
      [
        ['FT', 5, 5],
        ['ADT', 5, 5],
        ['same', 5, 5],
      ],
    )
    assert.equal(adt.fd!.mean, 12)
    assert.deepEqual(adt.paper, { FID: 19.84 })
    assert.equal(adt.fd!.difference, undefined)
    assert.deepEqual(ft.fd!.difference, { mean: 5, ci: [5, 5], significant: true, seeds: 5 })
    assert.equal(same.fd!.difference!.significant, false)
    assert.deepEqual(
      rows.map(({ fd }) => fd!.best),
      [false, false, true],
    )
    assert.equal(ft.text!.best, false, 'more text score is better')
    assert.ok(rows.every(({ command }) => command === undefined))
    const text = renderTable({ study, command: 'run it', rows }, 'text')
    assert.match(text, /^FT +5\/5 +17\.0 ± 1\.6 +.*\+5\.00 \[\+5\.00, \+5\.00\]$/m)
    assert.match(text, /^same .*11\.98 ?± ?\S+\*|^same .*\*.* ≈$/m)
  })

  it('a row with fewer seeds than others is not the best, however lucky they were', () => {
    const study = parseStudy(tinyStudy({ seeds: [0, 1, 2] }))
    const fd = (method: string, seed: number) => (method === 'ft' ? 10 + seed : 5)
    store(folder, study, ({ arms: [arm], seed }) =>
      arm!.method === 'ft' || seed === 0 ? { metrics: { ddim: figures(fd(arm!.method, seed)) } } : undefined,
    )
    const { rows } = tableOf(study, read())
    assert.deepEqual(
      rows.map(({ method, seeds, fd }) => [method, seeds, fd!.best]),
      [
        ['FT', 3, true],
        ['ADT', 1, false],
      ],
    )
  })

  it('a cell that was not run says so, with the command that would run it', () => {
    const study = findStudy('table-3', 'emoji')
    store(folder, study, ({ arms: [arm], seed }) =>
      arm!.method === 'ft' && seed < 2 ? { metrics: { ddim: figures(10) } } : undefined,
    )
    const { rows } = tableOf(study, read())
    const adt = rows.find(({ method }) => method === 'ADT')!
    assert.equal(adt.fd, undefined)
    assert.equal(adt.command, 'npx adt study run table-3 --scale emoji --only adt')
    const ft = rows.find(({ method }) => method === 'FT')!
    assert.deepEqual([ft.seeds, ft.wanted, ft.command], [2, 5, 'npx adt study run table-3 --scale emoji --only ft'])
    assert.deepEqual(ft.states, { 0: 'finished', 1: 'finished', 2: 'waiting', 3: 'waiting', 4: 'waiting' })
    for (const format of ['text', 'markdown', 'latex', 'csv'] as const) {
      const text = renderTable({ study, command: 'run it', rows }, format)
      assert.ok(text.includes('19.84'), format)
      if (format !== 'csv') assert.ok(text.includes('not run'), format)
      if (format === 'text') assert.match(text, /^ {2}run it$/m)
    }
  })

  it('a failed or early stopped trial is no figure, and is not asked to be run', () => {
    const study = parseStudy(tinyStudy({ stopping: { kind: 'asha', first: 1 / 2, factor: 2 } }))
    store(folder, study, ({ arms: [arm] }) =>
      arm!.method === 'ft'
        ? { state: 'failed', message: 'not finite' }
        : { state: 'stopped', metrics: { ddim: figures(3) } },
    )
    const { rows } = tableOf(study, read())
    for (const row of rows) assert.deepEqual([row.seeds, row.fd, row.command], [0, undefined, undefined])
    const text = renderTable({ study, command: 'run it', rows }, 'text')
    assert.match(text, /^FT .*failed/m)
    assert.match(text, /^ADT .*stopped early/m)
  })

  it('figures of another version are shown as such until there are own', () => {
    const study = parseStudy(tinyStudy())
    const [trial] = trialsOf(study)
    const { key, ...other } = { ...trial!, key: 'of-another-version', figuresVersion: 0 }
    store(folder, study, () => undefined)
    const own = createTrial(folder, study, { ...other, key })
    writeTrial(own, {
      version: 1,
      key,
      question: other.question,
      figuresVersion: other.figuresVersion,
      study: 'tiny',
      method: 'ft',
      settings: other.settings,
    })
    writeFileAtomic(
      join(own, 'result.json'),
      JSON.stringify({ state: 'finished', ended: '2026-01-01T00:00:00.000Z', metrics: { ddim: figures(7) } }),
    )
    const [before] = tableOf(study, read()).rows
    assert.deepEqual([before!.fd!.mean, before!.outdated], [7, 1])
    store(folder, study, ({ arms: [arm] }) => (arm!.method === 'ft' ? { metrics: { ddim: figures(8) } } : undefined))
    const [after] = tableOf(study, read()).rows
    assert.deepEqual([after!.fd!.mean, after!.outdated], [8, 0])
  })

  it('wins: percent of the captions on which a method is best, seed by seed', () => {
    const study = parseStudy(tinyStudy({ view: 'wins', metric: { name: 'text', better: 'higher' }, seeds: [0, 1] }))
    store(folder, study, () => ({ metrics: { ddim: figures(5) } }))
    const scores: Record<string, number[][]> = {
      ft: [
        [3, 1, 1, 1],
        [0, 0, 0, 0],
      ],
      adt: [
        [2, 2, 2, 2],
        [1, 1, 1, 1],
      ],
    }
    for (const { key, arms, seed } of trialsOf(study)) {
      const text = scores[arms[0]!.method]![seed]!
      writeFileAtomic(join(folder, 'trials', key, 'scores', 'ddim.json'), JSON.stringify({ text, nearness: text }))
    }
    const { rows } = tableOf(study, read())
    assert.deepEqual(
      rows.map(({ method, text }) => [method, text!.values]),
      [
        ['FT', { 0: 25, 1: 0 }],
        ['ADT', { 0: 75, 1: 100 }],
      ],
    )
  })

  it('a curve: a row for each iteration that was measured', () => {
    const study = parseStudy(tinyStudy({ view: 'curve', seeds: [0, 1] }))
    store(folder, study, () => ({ metrics: { ddim: figures(5) } }))
    for (const { key, seed } of trialsOf(study)) {
      storeMetrics(
        folder,
        key,
        [2, 4].map(iteration => ({ kind: 'evaluation', name: 'ddim', iteration, ...figures(10 - iteration + seed) })),
      )
    }
    const { rows } = tableOf(study, read())
    assert.deepEqual(
      rows.map(({ method, iteration, fd }) => [method, iteration, fd!.mean]),
      [
        ['FT', 2, 8.5],
        ['FT', 4, 6.5],
        ['ADT', 2, 8.5],
        ['ADT', 4, 6.5],
      ],
    )
  })

  it('of 200 trials with 1,000 points each is there in under two seconds', function () {
    this.timeout(20_000) // writing them takes longer than reading
    const study = parseStudy(tinyStudy({ view: 'curve', seeds: Array.from({ length: 100 }, (_, seed) => seed) }))
    store(folder, study, () => ({ metrics: { ddim: figures(5) } }))
    const lines = Array.from({ length: 1000 }, (_, i) => ({
      kind: i % 100 === 0 ? 'evaluation' : 'step',
      name: 'ddim',
      iteration: i,
      ...figures(5 + i),
    }))
    for (const { key } of trialsOf(study)) storeMetrics(folder, key, lines)
    const begin = performance.now()
    const { rows } = tableOf(study, read())
    assert.ok(performance.now() - begin < 2000, `${performance.now() - begin} ms`)
    assert.equal(rows.length, 20)
    assert.equal(rows[0]!.seeds, 100)
  })
})
