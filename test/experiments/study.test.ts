import { strict as assert } from 'node:assert'
import {
  armsOf,
  changedStudy,
  findStudy,
  identify,
  parseStudy,
  studies,
  trialsOf,
} from '../../src/experiments/index.js'
import { ddim } from '../../src/samplers/index.js'
import { linearSchedule } from '../../src/samplers/schedule.js'
import { parseSettings, type TuneSettings } from '../../src/tuning/settings.js'
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
  })

  it('are changed for a run: seeds, and settings over those of every method', () => {
    const study = changedStudy(findStudy('longer', 'emoji'), { seeds: 2, set: ['iterations=6', 'sampling.steps=4'] })
    assert.deepEqual(study.seeds, [0, 1])
    for (const { settings } of armsOf(study)) {
      assert.equal(settings.iterations, 6)
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
