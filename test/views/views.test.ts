import assert from 'node:assert/strict'
import sharp from 'sharp'
import { ddim, dpmSolver, linearSchedule, scaledLinearSchedule } from '../../src/samplers/index.js'
import {
  encodeTiles,
  gradientScaleView,
  imagesView,
  parseView,
  recordRun,
  runView,
  type StepEvent,
  storedRun,
  type View,
  viewBundle,
  viewMime,
  viewPicture,
  viewText,
} from '../../src/views/index.js'
import { gradientPanel, runPanels, smoothed } from '../../src/views/lines.js'
import { colourIndices } from '../../src/views/palette.js'
import { thin } from '../../src/views/thin.js'

const step = (iteration: number, total = 10): StepEvent => ({
  kind: 'step',
  iteration,
  total,
  losses: { adversarial: 1 / iteration, discriminator: 2 },
  scores: { real: 0.5, fake: -0.5 },
  gradientNorms: { adversarial: 3, diffusion: 0.1 },
  learningRate: 1e-5,
  seconds: 0.5,
})

const pixels = { data: new Float32Array(2 * 4 * 4 * 3).map((_, i) => Math.sin(i)), shape: [2, 4, 4, 3] }
const gradient = () => gradientScaleView([{ sampler: ddim(linearSchedule(), 50) }], ['adt', 'drtune'])
const run = () =>
  runView([
    storedRun(
      [1, 2, 3].map(i => step(i)),
      { label: 'a run', settings: { K: 3 } },
    ),
  ])
const images = () => imagesView(pixels, { captions: ['one <b>', 'two & three'] })
const views: [string, () => View][] = [
  ['gradient-scale', gradient],
  ['run', run],
  ['images', images],
]

describe('views', () => {
  for (const [name, make] of views) {
    it(`${name}: survives the notebook file unchanged`, () => {
      const view = make()
      assert.deepEqual(parseView(JSON.parse(JSON.stringify(view))), { view })
    })

    it(`${name}: carries text and a PNG that is not blank`, async () => {
      const bundle = viewBundle(make())
      assert.deepEqual(Object.keys(bundle), [viewMime, 'image/png', 'text/plain'])
      const stats = await sharp(Buffer.from(String(bundle['image/png']), 'base64')).stats()
      assert.ok(stats.channels.some(channel => channel.stdev > 3))
      assert.ok(String(bundle['text/plain']).length > 5)
    })
  }

  it('draws text without any font of the system', async () => {
    const inked = async (title: string) => {
      const view = { ...imagesView(pixels), title }
      return (await sharp(viewPicture(view)).stats()).channels[0]!.mean
    }
    assert.ok((await inked('WWWWWWW')) < (await inked('.')) - 0.2)
  })

  it('draws labels that look like markup as the text they are', () => {
    const view = { ...gradient(), title: '</text><script>x</script>\u0000 & "' }
    assert.ok(viewPicture(view).length > 1000)
  })
})

describe('parseView', () => {
  const refused: [string, unknown, RegExp][] = [
    ['no object', 'x', /cannot be drawn/],
    ['null', null, /cannot be drawn/],
    ['a newer version', { ...gradient(), version: 2 }, /format 2; this extension reads format 1/],
    ['an unknown view', { version: 1, view: 'atlas' }, /does not know the view “atlas”/],
    ['missing fields', { version: 1, view: 'run', runs: [{ label: 'x' }] }, /runs\.0\.status/],
    ['a number that is none', { ...gradient(), curves: [{ ...gradient().curves[0], gain: ['NaN'] }] }, /gain/],
    ['columns of unequal length', { ...gradient(), curves: [{ ...gradient().curves[0], gain: [1] }] }, /equally long/],
    [
      'ten million points',
      { ...gradient(), curves: [{ ...gradient().curves[0], t: new Array(1e7).fill(0) }] },
      /at most/,
    ],
    ['a picture that is no PNG', { ...images(), tiles: [{ image: 'javascript:alert(1)' }] }, /PNG/],
    ['an SVG picture', { ...images(), tiles: [{ image: 'data:image/svg+xml;base64,AAAA' }] }, /PNG/],
    ['no curve', { ...gradient(), curves: [] }, /needs a curve/],
  ]
  for (const [name, payload, message] of refused) {
    it(`refuses ${name} and says so`, () => {
      const parsed = parseView(payload)
      assert.ok('problem' in parsed)
      assert.match(parsed.problem, message)
    })
  }

  it('takes seven figures of points apart in no time', () => {
    const payload = { ...gradient(), curves: [{ ...gradient().curves[0], t: new Array(1e7).fill(0) }] }
    const { user } = process.cpuUsage()
    parseView(payload)
    assert.ok(process.cpuUsage().user - user < 500_000, 'half a second of this process, however busy the machine')
  })
})

describe('gradientScaleView', () => {
  it('has the curve of Fig. A1 for DRTune and ones for ADT', () => {
    const [adt, drtune] = gradient().curves
    assert.ok(adt && drtune)
    assert.ok(adt.gain.every(gain => gain === 1))
    assert.ok(drtune.gain[0]! > 100)
    const product = drtune.a.reduce<number>((all, a) => all * a!, 1)
    assert.ok(Math.abs(product / drtune.gain[0]! - 1) < 1e-4)
  })

  it('refuses what it cannot draw', () => {
    assert.throws(() => gradientScaleView([], ['adt']), /at least one sampler/)
    assert.throws(() => gradientScaleView([{ sampler: ddim(linearSchedule(), 5) }], ['x' as 'adt']), /not 'x'/)
    assert.throws(() => gradientScaleView([{ sampler: ddim(linearSchedule(), 5) }], ['adt'], { start: 5 }), RangeError)
  })

  it('gives a colour to each path of one sampler, to each sampler of several', () => {
    const one = gradientPanel(gradient(), 'gain')
    assert.equal(new Set(one.lines.map(line => line.colour)).size, 2)
    const schedule = scaledLinearSchedule(0.00085, 0.012)
    const samplers = [{ sampler: ddim(schedule, 10) }, { sampler: dpmSolver(schedule, 10) }]
    const two = gradientPanel(gradientScaleView(samplers, ['adt', 'drtune']), 'w')
    assert.deepEqual(
      two.lines.map(line => line.dashed),
      [true, false, true, false],
    )
    assert.equal(new Set(two.lines.map(line => line.colour)).size, 2)
    assert.ok(two.lines.every(line => line.y.every(w => w !== null && w >= 0)))
  })
})

describe('recordRun', () => {
  it('tells how far a run is and how long it will take', () => {
    const record = recordRun({ label: 'live' })
    for (const i of [1, 2, 3, 4]) record.step(step(i))
    const { status, progress } = record.run()
    assert.equal(status, 'running')
    assert.deepEqual({ ...progress, time: '' }, { iteration: 4, total: 10, secondsPerIteration: 0.5, eta: 3, time: '' })
    record.finish('stopped')
    assert.equal(record.run().progress?.eta, null)
  })

  it('lets a resumed run repeat iterations without doubled points', () => {
    const record = recordRun()
    for (const i of [1, 2, 3, 4, 3, 4, 5]) record.step(step(i))
    assert.deepEqual(record.run().iteration, [1, 2, 3, 4, 5])
  })

  it('keeps a spike and a small payload over 20,000 iterations, and numbers that are none as null', () => {
    const record = recordRun()
    for (let i = 1; i <= 20_000; i++) {
      record.step({ ...step(i, 20_000), losses: { adversarial: i === 12_345 ? 99 : i === 7 ? Number.NaN : 1 } })
    }
    const { iteration, losses } = record.run()
    assert.ok(iteration.length <= 500)
    assert.ok(losses.adversarial!.includes(99))
    assert.equal(iteration[iteration.length - 1], 20_000)
    assert.ok('view' in parseView(runView([record.run()])))
    const short = recordRun()
    short.step({ ...step(1), losses: { adversarial: Number.NaN } })
    assert.deepEqual(short.run().losses.adversarial, [null])
  })

  it('draws a line through the iterations that measured it', () => {
    const record = recordRun()
    for (let i = 1; i <= 9; i++) record.step({ ...step(i), losses: { adversarial: i % 3 === 0 ? i : null } })
    assert.deepEqual(
      runPanels(runView([record.run()]))[0]!.lines.map(({ x, y }) => [x, y]),
      [
        [
          [3, 6, 9],
          [3, 6, 9],
        ],
      ],
    )
  })

  it('takes what is no number for absent, and keeps notes', () => {
    const record = recordRun()
    record.step({ ...step(1), scores: null, gradientNorms: { total: 2, perStep: [{ norm: 1 }] } })
    record.note(1, 'look at this')
    const { scores, gradientNorms } = record.run()
    assert.deepEqual([scores, gradientNorms], [{}, { total: [2] }])
    assert.match(viewText(runView([record.run()])), /iteration 1: look at this/)
  })

  it('keeps the first and the last of many rows of samples', () => {
    const record = recordRun()
    for (let i = 0; i < 200; i++) record.samples(i, encodeTiles(pixels))
    const rows = record.run().samples.map(row => row.iteration)
    assert.equal(rows.length, 8)
    assert.deepEqual([rows[0], rows[7]], [0, 199])
  })

  it('says of a stored run whether it went to its end', () => {
    assert.equal(storedRun([step(10)]).status, 'done')
    assert.equal(storedRun([step(9)]).status, 'stopped')
  })

  it('compares several runs quantity by quantity', () => {
    const panels = runPanels(runView([storedRun([step(1)], { label: 'a' }), storedRun([step(1)], { label: 'b' })]))
    assert.ok(panels.some(({ title }) => title === 'Loss · adversarial'))
    for (const { lines } of panels)
      assert.deepEqual(
        lines.map(line => line.name),
        ['a', 'b'],
      )
  })
})

describe('pictures', () => {
  it('hold the very bytes that were given', async () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => i * 20)
    const [uri] = encodeTiles({ data, shape: [2, 2, 3] })
    const raw = await sharp(Buffer.from(uri!.split(',')[1]!, 'base64'))
      .raw()
      .toBuffer()
    assert.deepEqual([...raw], [...data])
  })

  it('clip numbers outside [−1, 1] and refuse other shapes', async () => {
    const [uri] = encodeTiles({ data: [-9, 0, 9], shape: [1, 1, 1, 3] })
    assert.deepEqual(
      [
        ...(await sharp(Buffer.from(uri!.split(',')[1]!, 'base64'))
          .raw()
          .toBuffer()),
      ],
      [0, 128, 255],
    )
    assert.throws(() => encodeTiles({ data: [1, 2], shape: [1, 1, 1, 3] }), /not \[1, 1, 1, 3\] with 2 values/)
    assert.throws(() => encodeTiles({ data: [1], shape: [1, 1, 1, 1] }), /must be \[count, height, width, 3\]/)
  })

  it('need as many captions as there are images', () => {
    assert.throws(() => imagesView(pixels, { captions: ['one'] }), /2 images but 1 captions/)
  })
})

describe('drawing helpers', () => {
  it('thin keeps ends and extremes', () => {
    const column = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 7 : i === 501 ? -7 : 0))
    const kept = thin([column], 1000, 50)
    assert.ok(kept.length <= 50)
    for (const i of [0, 500, 501, 999]) assert.ok(kept.includes(i))
  })

  it('thin finds extremes beside what was not measured', () => {
    for (const nothing of [Number.NaN, null]) {
      const column = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 7 : i === 501 ? -7 : i === 503 ? 0 : nothing))
      const kept = thin([column], 1000, 50)
      for (const i of [0, 500, 501, 999]) assert.ok(kept.includes(i), `${nothing}: ${i}`)
    }
  })

  it('smoothed leaves a constant and gaps as they are', () => {
    assert.deepEqual(smoothed([2, null, 2, 2], 2), [2, null, 2, 2])
    assert.deepEqual(smoothed([0, 3, 0], 1), [1.5, 1, 1.5])
  })

  it('names keep their colours', () => {
    assert.deepEqual(colourIndices(['drtune', 'adt']), [1, 0])
    assert.equal(new Set(colourIndices(['x', 'adversarial', 'y'])).size, 3)
  })

  it('text tells the numbers', () => {
    assert.match(viewText(run()), /iteration 3 of 10 · 0\.5 s each · stopped/)
    assert.match(viewText(gradient()), /DRTune: 130 at t = 980/)
  })
})
