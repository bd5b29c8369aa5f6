import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inOptionNames, optionName } from '../../src/cli/errors.js'
import { openRunFolder, readRunConfig } from '../../src/cli/runFolder.js'

describe('run folder', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-run-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const iterations = (folder: string) =>
    readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).iteration)

  it('drops what came after the checkpoint, a torn line too, when a run goes on', async () => {
    const folder = join(root, 'run')
    const run = openRunFolder(folder, { command: 'tune', options: { seed: 3 } }, false)
    for (const iteration of [1, 2, 3, 4]) await run.write({ kind: 'step', iteration })
    appendFileSync(join(folder, 'metrics.jsonl'), '{"kind":"step","iter')
    run.close()
    const resumed = openRunFolder(folder, {}, true)
    for (const iteration of [3, 4, 5]) await resumed.write({ kind: 'step', iteration })
    assert.deepEqual(iterations(folder), [1, 2, 3, 4, 5])
    assert.deepEqual(readRunConfig(folder, 'tune'), { command: 'tune', options: { seed: 3 } })
  })

  it('keeps references and judged images as pictures, and their words as lines', async () => {
    const run = openRunFolder(join(root, 'run'), {}, false)
    const images = { data: new Float32Array(48), shape: [1, 4, 4, 3] }
    await run.write({ kind: 'references', iteration: 1, images, ...{ prompts: ['a'] } })
    await run.write({ kind: 'judged', iteration: 20, real: images, generated: images, ...{ captions: ['b'] } })
    assert.ok(existsSync(join(root, 'run', 'samples', 'references.png')))
    assert.ok(existsSync(join(root, 'run', 'judged', '000020.png')))
    assert.deepEqual(
      readFileSync(join(root, 'run', 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
      [
        { kind: 'references', iteration: 1, prompts: ['a'] },
        { kind: 'judged', iteration: 20, captions: ['b'] },
      ],
    )
  })

  it('keeps samples as pictures', async () => {
    const run = openRunFolder(join(root, 'run'), {}, false)
    await run.write({ kind: 'samples', iteration: 20, images: { data: new Uint8Array(48), shape: [1, 4, 4, 3] } })
    assert.ok(existsSync(join(root, 'run', 'samples', '000020.png')))
  })

  it('overwrites no run, and goes on with none that is not there', () => {
    openRunFolder(join(root, 'run'), {}, false).close()
    assert.throws(() => openRunFolder(join(root, 'run'), {}, false), /holds a run already; go on with --resume/)
    assert.throws(() => readRunConfig(join(root, 'gone'), 'tune'), /gone: holds no run to go on with/)
  })
})

describe('a run folder that two processes want', () => {
  it('is one process’s at a time, a new run and one that goes on', () => {
    const root = mkdtempSync(join(tmpdir(), 'adt-run-'))
    const folder = join(root, 'run')
    const first = openRunFolder(folder, { command: 'tune' }, false)
    for (const resume of [false, true]) {
      assert.throws(
        () => openRunFolder(folder, { command: 'other' }, resume),
        /run: another process works on this run;/,
      )
    }
    first.close()
    openRunFolder(folder, {}, true).close()
    assert.equal(readRunConfig(folder, 'tune').command, 'tune')
    rmSync(root, { recursive: true })
  })
})

describe('option names', () => {
  it('turns a setting’s error into one about its option', () => {
    assert.equal(optionName('captionDropout'), '--caption-dropout')
    assert.equal(inOptionNames('K: 9 is larger', ['K']), '--K: 9 is larger')
    assert.equal(
      inOptionNames('learningRate.generator: too small\nlearningRate.discriminator: too small', ['learningRate']),
      '--learning-rate: too small',
    )
    assert.equal(inOptionNames('data: has no image', ['K']), 'data: has no image')
  })
})
