import assert from 'node:assert/strict'
import { balanceFigure, ridgeFigure } from '../../extension/src/discriminator/figure.js'
import { layerPanels, lossPanels, nearest, ridgesOf, sharedRange } from '../../extension/src/discriminator/model.js'
import {
  carried,
  drawingsOf,
  drawnSteps,
  firstReader,
  readerSchema,
} from '../../extension/src/gradientScale/explore.js'
import { normsFigure, overlayFigure } from '../../extension/src/gradientScale/measuredFigure.js'
import { fitOf } from '../../extension/src/gradientScale/measuredModel.js'
import { firstAndLast, pairsOf, rowsOf, stillThere } from '../../extension/src/samples/model.js'
import { figuresOf, speedPanels } from '../../extension/src/speed/model.js'
import { backwardWeights, ddim, linearSchedule } from '../../src/samplers/index.js'
import { chooseSteps } from '../../src/tuning/choices.js'
import { encodeTiles, gradientScaleView, recordRun, runView, viewText } from '../../src/views/index.js'
import { csv, tabbed } from '../../src/views/numbers.js'
import { palette } from '../../src/views/palette.js'

const theme = { palette, ink: '#111', faint: '#222', rule: '#333', ground: '#fff', font: 'sans' }
const plan = ddim(linearSchedule(), 10)
const w = backwardWeights(plan, 'adt')

/** A run whose discriminator learns, and whose measured norms are twice the weights. */
function record() {
  const record = recordRun({ label: 'a', captions: ['cat', 'dog'] })
  for (let i = 1; i <= 40; i++) {
    record.step({
      kind: 'step',
      iteration: i,
      total: 40,
      losses: { discriminator: 8 - i / 10, adversarial: i % 2 === 0 ? 0.1 : null },
      scores: { real: i / 40, fake: -i / 40 },
      realScores: [i / 40, i / 40 + 0.1],
      fakeScores: [-i / 40, 0.05],
      layerScores: [
        { block: 2, real: 0.1, fake: -0.1 },
        { block: 11, real: 0.5, fake: -0.5 },
      ],
      gradientNorms: {
        perStep: [{ step: i % 10, t: plan.steps[i % 10]!.t, w: w[i % 10]!, norm: 2 * Math.abs(w[i % 10]!) }],
      },
      seconds: 0.5,
      memory: { used: 1e9, peak: 2e9, process: 3e9 },
    })
  }
  const pictures = encodeTiles({ data: new Uint8Array(24), shape: [2, 2, 2, 3] })
  for (const iteration of [0, 20, 40]) record.samples(iteration, pictures)
  record.references(['dog', 'nothing'], pictures)
  return record
}
const run = record().run()

describe('curves that the reader explores', () => {
  const given = gradientScaleView([{ sampler: plan }], ['adt'])

  it('are those of the library’s samplers, for every sampler that fits a schedule', () => {
    const reader = { ...firstReader, source: 'explore' as const, samplers: ['ddim', 'flow-euler'] as const, steps: 10 }
    const made = drawingsOf(given, readerSchema.parse({ ...reader, schedules: ['linear', 'flow-3'] }))
    assert.ok(!('problem' in made))
    assert.deepEqual(
      made[0]!.view.curves.map(({ sampler, schedule, path }) => `${sampler} ${schedule} ${path}`),
      [
        'DDIM-10 linear adt',
        'DDIM-10 linear drtune',
        'Flow-Euler-10 flow, shift 3 adt',
        'Flow-Euler-10 flow, shift 3 drtune',
      ],
    )
    const none = drawingsOf(given, readerSchema.parse({ ...reader, samplers: ['flow-euler'], schedules: ['linear'] }))
    assert.match('problem' in none ? none.problem : '', /add one that fits/)
  })

  it('are the paper’s figure in one step: 131.4 and 13.15 at DDIM’s first step, 108.0 and 11.72 at the solver’s', () => {
    const made = drawingsOf(given, { ...firstReader, source: 'figure' })
    assert.ok(!('problem' in made))
    const first = (panel: number, schedule: string) =>
      made[panel]!.view.curves.find(curve => curve.schedule === schedule && curve.path === 'drtune')!
    const gains = [first(0, 'linear'), first(0, 'scaled linear'), first(1, 'linear'), first(1, 'scaled linear')]
    assert.deepEqual(
      gains.map(({ t, gain }) => [t[0], Number(gain[0]!.toPrecision(4))]),
      [
        [981, 131.4],
        [981, 13.15],
        [961, 108],
        [961, 11.72],
      ],
    )
  })

  it('draw K steps as training does', () => {
    const { start, sampled } = chooseSteps(20, 3, 0, 7)
    const drawn = drawnSteps({ steps: 20, start, K: 3, draw: 7 })
    assert.equal(drawn.length, sampled.length)
    assert.ok(drawn.every((step, i) => step >= 0 && step < 20 - start && (i === 0 || step > drawn[i - 1]!)))
    assert.deepEqual(drawnSteps({ steps: 5, start: 3, K: 9, draw: 0 }), [0, 1], 'no more than are left')
    assert.equal(carried([3, null, 4], [0, 1, 2]), 5)
  })
})

describe('theory and practice', () => {
  it('the factor between norms and weights is found, whatever their size', () => {
    const fit = fitOf(run.stepNorms!)!
    assert.ok(Math.abs(fit.factor - 2) < 1e-4 && fit.spread < 1.001)
    const [theory, measured] = overlayFigure(run.stepNorms!, fit, 'log', theme).data as { y: number[] }[]
    theory!.y.forEach((weight, i) => {
      assert.ok(Math.abs(measured!.y[i]! / weight - 1) < 1e-3)
    })
    assert.equal(fitOf({ ...run.stepNorms!, w: run.stepNorms!.w.map(() => 0) }), undefined)
  })

  it('the heatmap has a row for each step and a column for each stretch of iterations', () => {
    const [{ x, y, z }] = normsFigure(run.stepNorms!, theme).data as [{ x: number[]; y: number[]; z: number[][] }]
    assert.deepEqual([y.length, z.length], [11, 10])
    assert.ok(z.every(row => row.length === x.length - 1))
  })
})

describe('the discriminator’s drawings', () => {
  it('are distributions that part, from the first iteration to the last', () => {
    const ridges = ridgesOf(run.scoreHistory!)
    assert.deepEqual([ridges.length, ridges[0]!.iteration, ridges[ridges.length - 1]!.until], [12, 1, 40])
    assert.ok(ridges[11]!.meanReal! > ridges[0]!.meanReal! && ridges[11]!.meanFake! < ridges[0]!.meanFake!)
    assert.equal(ridgeFigure(run.scoreHistory!, ridges, theme).data.length, 2 * 12 + 2)
    const [{ z }] = balanceFigure(run.scoreHistory!, theme).data as [{ z: number[][] }]
    assert.ok(z.flat().every(cell => cell >= -1 && cell <= 1))
  })

  it('have a panel for each layer on one scale, and both losses', () => {
    const panels = layerPanels(run)
    assert.deepEqual(
      panels.map(({ title }) => title),
      ['Block 2', 'Block 11'],
    )
    const [low, high] = sharedRange(panels)!
    assert.ok(low < -0.5 && high > 0.5 && high < 0.6)
    assert.deepEqual(
      lossPanels(run).map(({ title, lines: [line] }) => [title, line!.x.length]),
      [
        ['Discriminator loss', 40],
        ['Generator loss', 20],
      ],
    )
    assert.equal(nearest([{ iteration: 1 }, { iteration: 10 }, { iteration: 20 }], 14), 1)
  })
})

describe('samples side by side', () => {
  const rows = rowsOf(run)

  it('are the references and the samples, before and after at first', () => {
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['reference', 'before', 'iteration 20', 'iteration 40'],
    )
    assert.deepEqual(
      rows[0]!.images.map(image => image === null),
      [true, false],
      'cat has none',
    )
    assert.deepEqual(firstAndLast(rows), [0, 40])
  })

  it('keep what the reader compares while it is there', () => {
    const compared = { a: 20, b: 'reference' as const, prompt: 1 }
    assert.deepEqual(stillThere(rows, compared), compared)
    assert.deepEqual(stillThere(rows, { a: 7, b: 40, prompt: 9 }), { a: 0, b: 40, prompt: undefined })
    assert.deepEqual(
      pairsOf(rows, { a: 'reference', b: 40, prompt: undefined }).map(({ a, b }) => [a === null, b === null]),
      [
        [true, false],
        [false, false],
      ],
    )
    assert.equal(stillThere([], undefined), undefined)
  })
})

describe('memory and speed', () => {
  it('tell time left, seconds and bytes', () => {
    assert.deepEqual(
      figuresOf(run).map(({ name, value }) => `${name}: ${value}`),
      ['time left: 0 s', 'an iteration: 0.5 s', 'on the device: 1 GB', 'whole process: 3 GB'],
    )
    assert.match(viewText(runView([run])), /memory: 1 GB on the device, 2 GB at most, 3 GB whole process/)
    assert.match(viewText(runView([run])), /told apart: 0\.\d+ on the right side of 0, 1 of pairs in order/)
    const [seconds, memory] = speedPanels([run])
    assert.deepEqual([seconds!.title, memory!.lines.map(({ y }) => y[0])], ['Seconds an iteration', [1, 2, 3]])
    assert.equal(speedPanels([run, { ...run, label: 'b' }])[1]!.lines.length, 4)
  })
})

describe('numbers that leave the notebook', () => {
  const table = {
    head: ['a,b', 'x'],
    body: [
      ['=1+1', 0.123456789],
      ['say "hi"\n', null],
      ['-', Number.NaN],
    ],
  }

  it('are CSV with every digit, and no formula', () => {
    assert.equal(csv(table), '"a,b",x\r\n\'=1+1,0.123456789\r\n"say ""hi""\n",\r\n\'-,\r\n')
  })

  it('are pasted as columns', () => {
    assert.equal(tabbed({ head: ['a', 'b'], body: [['x\ty', 2]] }), 'a\tb\n"x\ty"\t2')
  })
})
