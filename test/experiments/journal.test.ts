import { strict as assert } from 'node:assert'
import { rmSync } from 'node:fs'
import { journal, parseStudy, readTrials, trialsOf } from '../../src/experiments/index.js'
import { figures, newFolder, store, storeMetrics } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

const study = parseStudy(
  tinyStudy({
    methods: { adt: { label: 'ADT', settings: { method: 'adt' } } },
    grid: { 'tuning.lambda': [0, 0.5] },
    seeds: [0, 1],
  }),
)

describe('the Optuna journal', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('has an operation a line: the study, its attributes, and each trial that ended, whole', () => {
    const states = ['finished', 'stopped', 'failed'] as const
    store(folder, study, trial => {
      const index = trialsOf(study).findIndex(({ key }) => key === trial.key)
      const state = states[index]
      return state && { state, ...(state !== 'failed' && { metrics: { ddim: figures(state === 'stopped' ? 9 : 5) } }) }
    })
    const [first] = trialsOf(study)
    storeMetrics(folder, first!.key, [
      { kind: 'evaluation', name: 'ddim', iteration: 2, ...figures(7) },
      { kind: 'step', iteration: 3 },
      { kind: 'evaluation', name: 'ddim', iteration: 4, ...figures(5) },
    ])
    const lines = journal(study, readTrials(folder))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      lines.map(({ op_code }) => op_code),
      [0, 2, 2, 2, 3, 3, 3, 4, 4, 4],
    )
    assert.deepEqual(lines[0], { op_code: 0, worker_id: 'adt', study_name: 'tiny (emoji)', directions: [1] })
    const attributes = Object.assign({}, ...lines.slice(4, 7).map(({ system_attr }) => system_attr))
    assert.deepEqual(attributes['study:metric_names'], ['fd'])
    assert.match(attributes['dashboard:note_str:0'], /Is it run\?/)
    const { user_attrs, ...trial } = lines[7]!
    // As optuna 5.0 writes such a trial itself.
    assert.deepEqual(trial, {
      op_code: 4,
      worker_id: 'adt',
      study_id: 0,
      datetime_start: '2025-12-31T23:59:30.000+00:00',
      datetime_complete: '2026-01-01T00:00:00.000+00:00',
      state: 1,
      value: 5,
      values: null,
      params: { 'tuning.lambda': 0, seed: 0 },
      distributions: {
        'tuning.lambda': '{"name":"FloatDistribution","attributes":{"low":0,"high":0.5,"log":false,"step":null}}',
        seed: '{"name":"IntDistribution","attributes":{"low":0,"high":1,"log":false,"step":1}}',
      },
      intermediate_values: { 2: 7, 4: 5 },
      system_attrs: {},
    })
    assert.equal((user_attrs as Record<string, unknown>)['ddim text'], 25)
    assert.deepEqual(
      lines.slice(7).map(({ state, value }) => [state, value]),
      [
        [1, 5],
        [2, 9],
        [3, null],
      ],
    )
  })

  it('has a method as a choice where there are several', () => {
    const both = parseStudy(tinyStudy())
    store(folder, both, () => ({ metrics: { ddim: figures(5) } }))
    const trials = journal(both, readTrials(folder))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { op_code: number; params: object; distributions: object })
      .filter(({ op_code }) => op_code === 4)
    assert.deepEqual(
      trials.map(({ params }) => params),
      [{ method: 0 }, { method: 1 }],
    )
    const method = '{"name":"CategoricalDistribution","attributes":{"choices":["ft","adt"]}}'
    for (const { distributions } of trials) assert.deepEqual(distributions, { method })
  })

  it('only grows: what it said before is how it begins', () => {
    const keys = trialsOf(study).map(({ key }) => key)
    let before = journal(study, readTrials(folder))
    for (let count = 1; count <= keys.length; count++) {
      store(folder, study, ({ key }) => (keys.indexOf(key) < count ? { metrics: { ddim: figures(5) } } : undefined))
      const now = journal(study, readTrials(folder))
      assert.ok(now.startsWith(before) && now.length > before.length)
      before = now
    }
  })
})
