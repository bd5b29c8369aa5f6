import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { encode } from 'fast-png'
import { gridPictures } from '../../extension/src/live/gridPictures.js'
import { knobAction, knobText, type Told, toolbarState } from '../../extension/src/live/toolbarModel.js'
import { defaults, settingsOf } from '../../extension/src/panel/settings.js'
import { encodePng } from '../../src/data/png.js'
import { parseView, runView } from '../../src/views/index.js'
import { addRecord, createRunData } from '../../src/views/runData.js'
import { runOf } from '../../src/views/runOf.js'
import type { About } from '../../src/views/stream.js'

const controls = { lambda: 0.5, learningRate: { generator: 3e-5, discriminator: 5e-5 } }
const about: About = {
  revision: 1,
  label: 'r',
  status: 'running',
  settings: [],
  total: 10,
  captions: ['a'],
  controls,
}
const told = (more: Partial<Told> = {}): Told => ({
  about,
  connection: 'live',
  problem: undefined,
  time: new Date(2026, 0, 2, 12, 34),
  ...more,
})

describe('the toolbar of a run', () => {
  const shown = (more: Partial<About>, rest: Partial<Told> = {}) =>
    toolbarState(told({ about: { ...about, ...more }, ...rest })).shown

  it('tells every state apart', () => {
    assert.equal(toolbarState(told({ about: undefined, connection: 'connecting' })).shown, 'loading')
    assert.equal(shown({ status: 'starting' }), 'loading')
    assert.equal(shown({}), 'live')
    assert.equal(shown({ status: 'paused' }), 'paused')
    assert.equal(shown({ status: 'failed' }), 'failed')
    assert.equal(shown({}, { connection: 'lost' }), 'lost')
    assert.equal(shown({ status: 'done' }, { connection: 'lost' }), 'done', 'what has ended needs no connection')
    assert.match(toolbarState(told({ connection: 'lost' })).message!, /No news since .*34/)
  })

  it('offers what can be done now', () => {
    const going = toolbarState(told())
    assert.deepEqual([going.canPause, going.canResume, going.canStop, going.sampleOff], [true, false, true, undefined])
    assert.deepEqual(
      going.knobs.map(({ name, value }) => [name, value]),
      [
        ['lambda', 0.5],
        ['learningRate', 3e-5],
      ],
    )
    const paused = toolbarState(told({ about: { ...about, status: 'paused', captions: [] } }))
    assert.deepEqual([paused.canPause, paused.canResume], [false, true])
    assert.equal(paused.sampleOff, 'This run has no prompts to draw.')
    const plain = toolbarState(told({ about: { ...about, controls: { ...controls, lambda: null } } }))
    assert.deepEqual(
      plain.knobs.map(({ name }) => name),
      ['learningRate'],
    )
    for (const none of [{ status: 'done' as const }, { controls: null }]) {
      const state = toolbarState(told({ about: { ...about, ...none } }))
      assert.deepEqual([state.canStop, state.knobs], [false, []])
    }
  })

  it('takes numbers as people type them, and nothing else', () => {
    assert.deepEqual(knobAction('lambda', ' 0,25 '), { do: 'lambda', value: 0.25 })
    assert.deepEqual(knobAction('learningRate', '3e-5'), { do: 'learningRate', value: 3e-5 })
    for (const wrong of ['', 'x', '-1', '1e9', 'Infinity']) assert.equal(knobAction('lambda', wrong), undefined)
    for (const wrong of ['0', '2']) assert.equal(knobAction('learningRate', wrong), undefined)
    assert.deepEqual([0, 0.5, 3e-5].map(knobText), ['0', '0.5', '3e-5'])
  })
})

describe('settings of the panel', () => {
  it('have the defaults of their schema', () => {
    const { properties } = JSON.parse(readFileSync('extension/schema/panel.json', 'utf8')) as {
      properties: Record<string, { default: unknown }>
    }
    assert.deepEqual(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.default])), {
      ...defaults,
    })
    assert.deepEqual(settingsOf({ pollSeconds: 'x' }), { ...defaults })
  })
})

describe('what a live run holds', () => {
  it('is a payload of the run view', async () => {
    const data = createRunData()
    for (let iteration = 1; iteration <= 5; iteration++) {
      addRecord(data, {
        kind: 'point',
        iteration,
        values: { 'losses.adversarial': iteration, seconds: 0.5 },
        gradients: [{ step: 1, t: 900, w: 2, norm: iteration }],
        images: { real: [0.5, 0.6], fake: [-0.1, 0.2] },
      })
    }
    const pixels = Uint8Array.from({ length: 12 }, (_, i) => i)
    addRecord(data, { kind: 'picture', iteration: 5, index: 0, of: 1, height: 2, width: 2, pixels })
    addRecord(data, { kind: 'change', iteration: 3, name: 'lambda', value: 1 })
    const run = runOf(data, about, new Date())
    assert.deepEqual(run.losses.adversarial, [1, 2, 3, 4, 5])
    assert.equal(run.progress!.eta, 2.5)
    assert.equal(run.samples[0]!.images.length, 1)
    assert.ok(run.stepNorms && run.scoreHistory && run.changes)
    assert.ok('view' in parseView(JSON.parse(JSON.stringify(runView([run])))))
    assert.equal(runOf(data, about, new Date()).samples[0]!.images[0], run.samples[0]!.images[0])
  })

  it('takes the samples of a folder apart, and no other picture', async () => {
    const data = Uint8Array.from({ length: 3 * 4 * 5 * 3 }, (_, i) => (i * 37) % 251)
    const png = await encodePng({ data, shape: [3, 4, 5, 3] }, { scale: 3 })
    const pictures = gridPictures(png.toString('base64'), 3, 20)
    assert.deepEqual(
      pictures.map(({ index, height, width }) => [index, height, width]),
      [0, 1, 2].map(index => [index, 4, 5]),
    )
    assert.deepEqual([...pictures[1]!.pixels], [...data.slice(60, 120)])
    assert.deepEqual(gridPictures('not a picture', 3, 20), [])
    const other = encode({ width: 2, height: 3, data: new Uint8Array(18), channels: 3 })
    assert.deepEqual(gridPictures(Buffer.from(other).toString('base64'), 3, 20), [])
  })
})
