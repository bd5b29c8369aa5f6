import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createFolderModel } from '../../src/views/folderModel.js'
import type { RunState } from '../../src/views/runFiles.js'

const line = (iteration: number) =>
  `${JSON.stringify({ kind: 'step', iteration, total: 9, losses: { diffusion: iteration }, seconds: 1 })}\n`
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i + 1)).join('')
const config = JSON.stringify({ command: 'tune', options: { K: 3, data: 'fluent' }, prompts: ['a', 'b'] })
const state = (more: Partial<RunState> = {}): string =>
  JSON.stringify({
    version: 1,
    status: 'running',
    iteration: 1,
    total: 9,
    controls: { lambda: 0.5, learningRate: { generator: 1e-5, discriminator: 1e-5 } },
    time: new Date().toISOString(),
    ...more,
  })

describe('a run folder that is followed', () => {
  it('has each line once, wherever the file was cut when it was read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { maxLength: 20 }), cuts => {
        const model = createFolderModel('r')
        const text = lines(9)
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          model.metrics(text.slice(0, cut))
          const { iterations } = model.data
          assert.deepEqual(
            iterations,
            iterations.map((_, i) => i + 1),
          )
        }
        model.metrics(text)
        assert.deepEqual(model.data.iterations, [1, 2, 3, 4, 5, 6, 7, 8, 9])
      }),
    )
  })

  it('begins anew when the file was written anew: a run that was resumed', () => {
    const model = createFolderModel('r')
    model.metrics(lines(7))
    model.metrics(`${lines(4)}${line(5).replace('"diffusion":5', '"diffusion":55')}`)
    assert.deepEqual(model.data.iterations, [1, 2, 3, 4, 5])
    assert.equal(model.data.columns.get('losses.diffusion')!.at(-1), 55)
    assert.equal(model.metrics(lines(4) + line(5).replace('"diffusion":5', '"diffusion":55')), false, 'nothing new')
  })

  it('knows how the run is from its status, and where there is none from its lines', () => {
    const model = createFolderModel('mine')
    assert.equal(model.about, undefined)
    model.config(config)
    assert.equal(model.about!.status, 'starting')
    assert.deepEqual([model.about!.label, model.about!.captions], ['mine', ['a', 'b']])
    assert.deepEqual(model.about!.settings, [{ name: 'K', value: '3' }])
    model.metrics(lines(3))
    assert.deepEqual([model.about!.status, model.about!.controls], ['running', null])
    assert.equal(model.status(state({ status: 'paused' })), true)
    assert.deepEqual([model.about!.status, model.about!.controls!.lambda], ['paused', 0.5])
    model.status(state({ status: 'failed', message: 'the disk is full' }))
    assert.deepEqual(
      [model.about!.status, model.about!.message, model.about!.controls],
      ['failed', 'the disk is full', null],
    )
    model.status(undefined)
    model.metrics(lines(9))
    assert.equal(model.about!.status, 'done')
  })

  it('keeps warnings and changes', () => {
    const model = createFolderModel('r')
    model.metrics(
      [
        { kind: 'warning', iteration: 2, message: 'look' },
        { kind: 'change', iteration: 3, name: 'lambda', value: 2 },
        { kind: 'paused', iteration: 3 },
      ]
        .map(one => `${JSON.stringify(one)}\n`)
        .join(''),
    )
    assert.deepEqual(model.data.notes, [{ iteration: 2, message: 'look' }])
    assert.deepEqual(model.data.changes, [{ iteration: 3, name: 'lambda', value: 2 }])
  })

  it('takes files for data that may be anything', () => {
    const model = createFolderModel('r')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        model.config(text)
        model.status(text)
        model.metrics(`${text}\n`)
        assert.ok(model.about === undefined || typeof model.about.status === 'string')
      }),
    )
    const other = createFolderModel('r')
    other.config('{')
    assert.match(other.problem!, /config\.json cannot be read/)
    assert.equal(other.status(state({ version: 2 as 1 })), false, 'a status of another version is none')
  })
})
