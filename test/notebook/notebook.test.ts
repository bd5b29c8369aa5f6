import assert from 'node:assert/strict'
import { display, gradientScale, type Host, images, progress, show, table } from '../../src/notebook/index.js'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { viewMime } from '../../src/views/index.js'

type Sent = { bundle: Record<string, unknown>; options: Parameters<Host['display']>[1] }

const key = Symbol.for('adt.host')
const globals = globalThis as Record<symbol, unknown>

/** Runs code as a cell would, and gives what was displayed. */
async function inKernel(code: () => unknown): Promise<Sent[]> {
  const sent: Sent[] = []
  globals[key] = { display: (bundle: Sent['bundle'], options: Sent['options']) => sent.push({ bundle, options }) }
  try {
    await code()
  } finally {
    delete globals[key]
  }
  return sent
}

const tensor = { shape: [2, 4, 4, 3], dataSync: () => new Float32Array(96) }
const dataset = {
  name: 'two colours',
  items: [
    { id: 'a', text: 'red <i>' },
    { id: 'b', text: 'blue' },
  ],
  size: 4,
  hash: '0',
  pixels: async () => new Uint8Array(96),
  images: async (indices: readonly number[]) => new Float32Array(indices.length * 48),
}
const step = (iteration: number) =>
  ({ kind: 'step', iteration, total: 100, losses: { adversarial: 1 }, seconds: 0.01 }) as const

describe('show', () => {
  it('shows views, images, rows and plain values at once', async () => {
    const sent = await inKernel(() => {
      show(gradientScale(ddim(linearSchedule(), 5)))
      show(tensor)
      show([{ a: 1 }])
      show({ a: 1 })
    })
    assert.deepEqual(
      sent.map(({ bundle }) => Object.keys(bundle)),
      [
        [viewMime, 'image/png', 'text/plain'],
        [viewMime, 'image/png', 'text/plain'],
        ['text/html', 'text/plain'],
        ['text/plain'],
      ],
    )
  })

  it('reads a data set first', async () => {
    const sent = await inKernel(() => show(dataset))
    const view = sent[0]!.bundle[viewMime] as { tiles: { caption: string }[] }
    assert.deepEqual(
      view.tiles.map(tile => tile.caption),
      ['red <i>', 'blue'],
    )
  })

  it('prints text where there is no kernel', () => {
    const { log } = console
    const printed: string[] = []
    console.log = (line: string) => printed.push(line)
    try {
      show(gradientScale(ddim(linearSchedule(), 5)))
    } finally {
      console.log = log
    }
    assert.match(printed.join('\n'), /DDIM-5: DRTune/)
  })
})

describe('values in a cell', () => {
  it('show themselves, and JSON does not see how', () => {
    const view = gradientScale({ mine: ddim(linearSchedule(), 5) }, ['drtune'])
    assert.ok(view[display]()['image/png'])
    assert.equal(view.curves[0]!.sampler, 'mine')
    assert.deepEqual(Object.keys(view), ['version', 'view', 'scale', 'curves'])
  })

  it('compares data sets row by row', async () => {
    const view = await images([dataset, dataset])
    assert.deepEqual(view.rowLabels, ['two colours', 'two colours'])
    assert.deepEqual(view.columnLabels, ['red <i>', 'blue'])
    assert.equal(view.columns, 2)
  })

  it('a table escapes its cells and sets numbers right', () => {
    const bundle = table([{ name: '<script>x</script>', value: 0.123456 }])[display]()
    assert.ok(!String(bundle['text/html']).includes('<script>'))
    assert.match(String(bundle['text/html']), /text-align: right">0\.123</)
    assert.throws(() => table([]), /no rows/)
  })
})

describe('progress', () => {
  it('is one display, updated in place at most four times a second, with the picture at its end', async () => {
    const sent = await inKernel(() => {
      const live = progress({ label: 'run' })
      for (let i = 1; i <= 100; i++) live.show(step(i))
      live.show({ kind: 'samples', iteration: 100, images: tensor })
      live.show({ kind: 'done' })
    })
    assert.ok(sent.length >= 2 && sent.length <= 4, `${sent.length} displays`)
    assert.deepEqual([...new Set(sent.map(({ options }) => options?.id))].length, 1)
    assert.deepEqual(
      sent.map(({ options }) => options?.update),
      [false, ...sent.slice(1).map(() => true)],
    )
    assert.equal(sent[0]!.bundle['image/png'], undefined)
    const last = sent[sent.length - 1]!.bundle
    assert.ok(last['image/png'])
    const [run] = (last[viewMime] as { runs: { status: string; iteration: number[]; samples: unknown[] }[] }).runs
    assert.equal(run!.status, 'done')
    assert.equal(run!.iteration.length, 100)
    assert.equal(run!.samples.length, 1)
  })

  it('draws the last event though it came too soon after the one before', async () => {
    const sent = await inKernel(async () => {
      const live = progress()
      live.show(step(1))
      live.show(step(2))
      await new Promise(resolve => setTimeout(resolve, 400))
    })
    const view = sent[sent.length - 1]!.bundle[viewMime] as { runs: { progress: { iteration: number } }[] }
    assert.equal(view.runs[0]!.progress.iteration, 2)
  })

  it('says that a run was left early', async () => {
    const sent = await inKernel(() => {
      const live = progress()
      live.show(step(1))
      live.stop()
      live.show(step(2))
    })
    assert.match(String(sent[sent.length - 1]!.bundle['text/plain']), /iteration 1 of 100 .* stopped/)
  })
})
