import { strict as assert } from 'node:assert'
import { budgets, evaluationsOfAdt } from '../../src/experiments/budget.js'
import {
  type Arm,
  armsOf,
  changedStudy,
  findStudy,
  identify,
  parseStudy,
  studies,
  trialsOf,
} from '../../src/experiments/index.js'
import { decisive } from '../../src/experiments/settings.js'
import { ddim } from '../../src/samplers/index.js'
import { linearSchedule } from '../../src/samplers/schedule.js'
import { chooseSteps } from '../../src/tuning/choices.js'
import { parseSettings, presets, type TuneSettings } from '../../src/tuning/settings.js'
import { tinyStudy } from './tinyStudy.js'

describe('studies', () => {
  it('those that the project defines say what they ask, and their settings are ones that tuning takes', () => {
    const image = { name: 'x', items: [{ id: 'x', text: 'x' }], size: 32, hash: 'x' }
    const data = { ...image, pixels: async () => new Uint8Array(), images: async () => new Float32Array() }
    const features = { config: {}, weights: {} }
    for (const study of [...studies('emoji'), ...studies('paper')]) {
      assert.ok(study.question.endsWith('?'), study.name)
      assert.ok(study.notes.length > 0, study.name)
      for (const { method, settings } of armsOf(study)) {
        if (settings.method === 'base') continue
        const { tuning, preset, sampling, iterations } = settings
        const sampler = ddim(linearSchedule(), sampling.steps)
        const given = { ...tuning, preset, method: settings.method, iterations, data, features, sampler }
        assert.doesNotThrow(() => parseSettings(given as TuneSettings), `${study.name}, ${method}`)
      }
    }
  })

  it('every number of the paper belongs to a row', () => {
    for (const study of [...studies('emoji'), ...studies('paper')]) {
      for (const { method, at, evaluation } of study.paper) {
        const arm = armsOf(study).find(arm => arm.method === method && JSON.stringify(arm.at) === JSON.stringify(at))
        assert.ok(
          arm && (!evaluation || arm.evaluations.includes(evaluation)),
          `${study.name}: ${method} ${evaluation}`,
        )
      }
    }
  })

  it('share their trials: what decides nothing, and defaults that are written out, make no new one', () => {
    const keys = (name: string) => new Set(trialsOf(findStudy(name, 'emoji')).map(({ key }) => key))
    const [table1, table2, table3, tableA3] = ['table-1', 'table-2', 'table-3', 'table-a3'].map(keys) as [
      Set<string>,
      Set<string>,
      Set<string>,
      Set<string>,
    ]
    assert.ok(
      [...table2].every(key => table1.has(key)),
      'Table 2 has no trial that Table 1 lacks',
    )
    // FT, λ = 0.5 (which is ADT) and λ = 0 of Table A3, five seeds of each.
    assert.equal([...tableA3].filter(key => table3.has(key)).length, 15)
  })

  it('expand to methods × grid × seeds; a method that is not crossed has one row', () => {
    const study = tinyStudy({ grid: { 'tuning.lambda': [0, 1], 'tuning.K': [1, 2] }, seeds: [0, 1, 2] })
    study.methods.ft!.crossed = false
    const checked = parseStudy(study)
    assert.equal(armsOf(checked).length, 1 + 4)
    const trials = trialsOf(checked)
    assert.equal(trials.length, 15)
    assert.deepEqual(
      trials.slice(0, 5).map(({ seed }) => seed),
      [0, 0, 0, 0, 0],
    )
    assert.deepEqual(
      armsOf(checked)
        .slice(1)
        .map(({ settings }) => [settings.tuning.lambda, settings.tuning.K]),
      [
        [0, 1],
        [0, 2],
        [1, 1],
        [1, 2],
      ],
    )
  })

  it('a key changes with a setting that decides, and with none that does not', () => {
    const [, adt] = armsOf(parseStudy(tinyStudy()))
    const settings = adt!.settings
    const { key } = identify(settings)
    assert.equal(identify({ ...settings, tuning: { ...settings.tuning, lambda: 0.5 } }).key, key)
    assert.equal(identify({ ...settings, tuning: { ...settings.tuning, samplesEvery: 3 } }).key, key)
    assert.notEqual(identify({ ...settings, tuning: { ...settings.tuning, lambda: 0.6 } }).key, key)
    assert.notEqual(identify({ ...settings, seed: 7 }).key, key)
    assert.notEqual(identify({ ...settings, data: 'noto' }).key, key)
    const ft = { ...settings, method: 'ft' as const }
    assert.equal(identify({ ...ft, tuning: { ...ft.tuning, lambda: 0.6 } }).key, identify(ft).key)
    const sampling = { ...ft.sampling, steps: ft.sampling.steps + 1 }
    assert.equal(identify({ ...ft, sampling }).key, identify(ft).key)
    const ofSampler = { ...ft, tuning: { ...ft.tuning, timesOf: 'sampler' } }
    assert.notEqual(identify({ ...ofSampler, sampling }).key, identify(ofSampler).key)
  })

  it('what is new in a schema, and does nothing by default, changes no key', () => {
    const [, adt] = armsOf(parseStudy(tinyStudy()))
    const settings = adt!.settings
    const { key } = identify(settings)
    const { discriminator } = presets.emoji
    const written = { ...settings.tuning, H: presets.emoji.H, discriminator: { ...discriminator, kernel: 9 } }
    assert.equal(
      identify({ ...settings, tuning: written }).key,
      key,
      'a default that is written out is as one left out',
    )
    const known = decisive(settings) as { tuning: object }
    assert.deepEqual(known.tuning, { batch: 2, K: 1, discriminator: {} }, 'only what was changed is named')
  })

  it('plain finetuning gets as many iterations, updates or evaluations of the network as ADT', () => {
    const base = { sampling: { sampler: 'ddim', steps: 20, guidance: 2 }, iterations: 2000, evaluateEvery: 250 }
    const lengths = (more: object) =>
      budgets.map(budget => {
        const { base: tiny } = tinyStudy()
        const ft = { label: 'FT', settings: { method: 'ft' }, budget }
        const study = parseStudy(tinyStudy({ base: { ...tiny, ...base, ...more }, methods: { ft }, against: 'ft' }))
        const [{ settings }] = armsOf(study) as [Arm]
        assert.equal(settings.iterations / settings.evaluateEvery, 8, 'measured as often')
        return settings.iterations
      })
    // 21 rows forward and 3.44 pull-backs of 6 rows every second time, for 3 of a gradient of FT.
    assert.deepEqual(lengths({ tuning: {} }), [2000, 1000, 20_800])
    assert.deepEqual(lengths({ tuning: { H: 1 }, sampling: { ...base.sampling, guidance: 1 } }), [2000, 2000, 13_600])
    assert.throws(
      () =>
        parseStudy(tinyStudy({ methods: { adt: { label: 'ADT', settings: { method: 'adt' }, budget: 'updates' } } })),
      /tiny: adt: budget: only plain finetuning/,
    )
  })

  it('an iteration of Algorithm 1 costs what its choices of steps say', () => {
    for (const more of [{}, { choose: 'last' }, { choose: 'spaced', earlyStop: 5 }, { K: 8, H: 5 }] as const) {
      const settings = { K: 3, H: 2, choose: 'uniform', earlyStop: 0, ...more } as const
      const { K, H, choose, earlyStop } = settings
      const count = 20_000
      let sum = 0
      for (let iteration = 1; iteration <= count; iteration++) {
        const { start, end, sampled } = chooseSteps(20, K, 7, iteration, { choose, earlyStop })
        sum += 2 * (end - start + 1) + (6 * new Set([start, ...sampled]).size) / H
      }
      const expected = evaluationsOfAdt(20, 2, settings)
      assert.ok(Math.abs(sum / count / expected - 1) < 0.02, JSON.stringify(more))
    }
  })

  it('are changed for a run: seeds, and settings over those of every method', () => {
    const study = changedStudy(findStudy('longer', 'emoji'), { seeds: 2, set: ['iterations=6', 'sampling.steps=4'] })
    assert.deepEqual(study.seeds, [0, 1])
    for (const { method, settings } of armsOf(study)) {
      if (!method.startsWith('ft-')) assert.equal(settings.iterations, 6)
      assert.deepEqual(settings.sampling, { sampler: 'ddim', steps: 4, guidance: 2 })
    }
    assert.throws(() => changedStudy(study, { set: ['iterations'] }), /iterations: must be a setting and its value/)
    assert.throws(() => changedStudy(study, { set: ['iteration=3'] }), /iteration/)
    assert.throws(() => changedStudy(study, { set: ['tuning.lamda=0'] }), /no such setting: lamda; known are .*lambda/)
    assert.throws(() => changedStudy(study, { set: ['tuning.seed=3'] }), /no such setting: seed/)
  })

  it('say what is wrong with them', () => {
    assert.throws(() => findStudy('table-9', 'emoji'), /no such study at emoji scale; there are table-1, /)
    assert.throws(() => parseStudy({ ...tinyStudy(), against: 'gan' }), /tiny: against: there is no method gan/)
    assert.throws(
      () => parseStudy({ ...tinyStudy(), evaluations: ['dpms'] }),
      /dpms is not among the settings' evaluations/,
    )
    assert.throws(() => parseStudy({ ...tinyStudy(), seeds: [] }), /seeds/)
  })
})
