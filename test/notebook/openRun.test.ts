import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { readGrid, writeGrid } from '../../src/data/index.js'
import { openRun, replay } from '../../src/notebook/index.js'

const folder = () => mkdtempSync(join(tmpdir(), 'adt-run-'))

describe('runs read back', () => {
  it('gets the images of a grid as they were written', async () => {
    const size = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        size,
        size,
        fc.constantFrom(1, 3),
        async (count, height, width, scale) => {
          const data = Uint8Array.from({ length: count * height * width * 3 }, (_, i) => (i * 37) % 251)
          const file = join(folder(), 'grid.png')
          await writeGrid(file, { data, shape: [count, height, width, 3] }, { scale })
          const back = await readGrid(file, count)
          if (scale === 1 && back.shape[1] !== height) return // single pixels that look like larger ones
          assert.deepEqual([back.shape, [...back.data]], [[count, height, width, 3], [...data]])
        },
      ),
      { numRuns: 30 },
    )
  })

  it('shows a run folder as the live view did', async () => {
    const run = folder()
    const step = (iteration: number) => ({
      kind: 'step',
      iteration,
      total: 2,
      losses: { diffusion: 1 / iteration },
      seconds: 1,
    })
    writeFileSync(join(run, 'config.json'), JSON.stringify({ options: { K: 3, prompt: ['a', 'b'] } }))
    writeFileSync(join(run, 'metrics.jsonl'), `${JSON.stringify(step(1))}\n${JSON.stringify(step(2))}\n`)
    await writeGrid(
      join(run, 'samples', '000002.png'),
      { data: new Uint8Array(24).fill(9), shape: [2, 2, 2, 3] },
      { scale: 3 },
    )
    const { runs } = await openRun({ mine: run })
    const [read] = runs
    assert.equal(read!.label, 'mine')
    assert.equal(read!.status, 'done')
    assert.deepEqual(read!.losses.diffusion, [1, 0.5])
    assert.deepEqual(read!.captions, ['a', 'b'])
    assert.equal(read!.samples[0]!.images.length, 2)
  })

  it('shows judged images, references, scores and memory of a recorded run, and replays it in order', async () => {
    const recorded = join(import.meta.dirname, '..', 'browser', 'run')
    const { runs } = await openRun(recorded)
    const [run] = runs
    // Every fiftieth iteration was drawn; of nine grids eight are kept, the first and the last among them.
    const drawn = run!.samples.map(({ iteration }) => iteration)
    assert.deepEqual(drawn, [0, 50, 100, 150, 250, 300, 350, 400])
    assert.deepEqual(
      run!.judged!.map(({ iteration, real, fakeScores }) => [iteration, real.length, fakeScores.length]),
      [50, 100, 150, 200, 250, 300, 350, 400].map(iteration => [iteration, 8, 8]),
    )
    assert.equal(run!.references!.filter(picture => picture !== null).length, 6)
    assert.ok(run!.stepNorms && run!.scoreHistory && run!.memory!.used && run!.layerScores!['11 real'])
    const kinds: string[] = []
    for await (const { kind } of replay(recorded, { speed: 0 })) kinds.push(kind)
    assert.deepEqual([kinds[0], kinds[1], kinds.at(-1)], ['samples', 'references', 'done'])
    assert.equal(kinds.filter(kind => kind === 'step').length, 400)
  })

  it('names what is missing', async () => {
    const run = folder()
    await assert.rejects(openRun(run), /config\.json: cannot be read \(ENOENT\)/)
    writeFileSync(join(run, 'config.json'), '{}')
    writeFileSync(join(run, 'metrics.jsonl'), '{"kind":"step"\n')
    await assert.rejects(openRun(run), /metrics\.jsonl, line 1: not JSON/)
  })
})
