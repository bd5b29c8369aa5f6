import assert from 'node:assert/strict'
import { escapePlotly, figureOf, hiddenLines } from '../../extension/src/figure.js'
import { progressShare, progressWords, runTable } from '../../extension/src/run/model.js'
import { sweepCurves, sweepFigure } from '../../extension/src/sweep/figure.js'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { gradientScaleView, runView, storedRun, sweepView } from '../../src/views/index.js'
import { gradientPanel, runPanels } from '../../src/views/lines.js'
import { palette } from '../../src/views/palette.js'

const theme = { palette, ink: '#111', faint: '#222', rule: '#333', ground: '#fff', font: 'sans' }
const view = gradientScaleView([{ sampler: ddim(linearSchedule(), 20) }], ['adt', 'drtune'])
const events = Array.from({ length: 60 }, (_, i) => ({
  kind: 'step' as const,
  iteration: i + 1,
  total: 60,
  losses: { adversarial: i },
  learningRate: { generator: 0.01 },
  seconds: 1,
}))

describe('figures of the extension', () => {
  it('draw every curve, time running from left to right', () => {
    const { data, layout, lineOfTrace } = figureOf(gradientPanel(view, 'gain'), { theme, xLabel: 't', reversed: true })
    assert.equal(data.length, 2)
    assert.deepEqual(lineOfTrace, [0, 1])
    const { range } = layout.xaxis as { range: [number, number] }
    assert.ok(range[0] > 950 && range[1] < 0)
    assert.equal((layout.yaxis as { type: string }).type, 'log')
  })

  it('keep the zoom while data come and give it up when the scale changes', () => {
    const revision = (scale: 'log' | 'linear') => {
      const { layout } = figureOf(gradientPanel({ ...view, scale }, 'gain'), { theme, xLabel: 't' })
      return [layout.uirevision, (layout.yaxis as { uirevision: string }).uirevision]
    }
    assert.deepEqual(revision('log'), revision('log'))
    assert.notDeepEqual(revision('log'), revision('linear'))
  })

  it('leave out what the legend switched off', () => {
    const panel = gradientPanel(view, 'gain')
    const hidden = hiddenLines(panel, new Set([panel.keys[1]!.name]))
    assert.deepEqual([...hidden], [1])
    assert.deepEqual(figureOf(panel, { theme, xLabel: 't', hidden }).lineOfTrace, [0])
  })

  it('draw a running mean over noisy lines, which says nothing under the mouse', () => {
    const [panel] = runPanels(runView([storedRun(events)]))
    const { data, lineOfTrace } = figureOf(panel!, { theme, xLabel: 'iteration' })
    assert.deepEqual(lineOfTrace, [0, -1])
    assert.equal(data[1]!.hoverinfo, 'skip')
  })

  it('show names that look like markup as text', () => {
    const hostile = structuredClone(view)
    hostile.curves[0]!.sampler = '<a href="javascript:alert(1)">x</a>'
    const text = JSON.stringify(figureOf(gradientPanel(hostile, 'gain'), { theme, xLabel: '<b>t</b>' }))
    assert.ok(!text.includes('"text":["<a'))
    assert.ok(text.includes(escapePlotly('<b>t</b>')))
  })
})

describe('words of the run view', () => {
  const run = { ...storedRun(events.slice(0, 30)), status: 'running' as const }
  const then = Date.parse(run.progress!.time)

  it('tell the progress while news come', () => {
    assert.match(progressWords(run, then + 1000), /^iteration 30 of 60 · 1 s each/)
    assert.equal(progressShare(run), 0.5)
  })

  it('tell when news stopped coming', () => {
    assert.match(progressWords(run, then + 3_600_000), /no news since/)
    assert.match(progressWords({ ...run, status: 'stopped' }, then + 3_600_000), /stopped/)
  })

  it('have a table twin', () => {
    const { head, body } = runTable(runView([storedRun(events)]))
    assert.deepEqual(head, ['run', 'iteration', 'loss: adversarial', 'learning rate: generator'])
    assert.equal(body.length, 60)
    assert.deepEqual(body[5], ['run', 6, 5, 0.01])
  })
})

describe('the curves of a sweep', () => {
  const hostile = '<a href="javascript:alert(1)">x</a>'
  const rows = [0, 1, 2].map(seed => ({
    method: hostile,
    settings: { 'tuning.lambda': 0.5 },
    seed,
    state: 'finished' as const,
    ...(seed < 2 && { curve: { iteration: [1, 2], value: [4 + seed, 3 + seed] } }),
  }))
  const view = sweepView(rows, { metric: { name: 'fd', better: 'lower' } })
  const draw = (...keys: string[]) => sweepFigure(sweepCurves(view), { strong: new Set(keys), theme }).data

  it('leave out trials that the filter does', () => {
    const shown = new Set([view.trials[1]!.key])
    const { data } = sweepFigure(sweepCurves(view), { strong: new Set(), shown, theme })
    assert.deepEqual(data[0]!.y, [5, 4, null])
  })

  it('show the cutoff of each rung and where trials were stopped, whichever way is better', () => {
    const stopped = { rung: 2, value: 4, cutoff: 3.5, seen: 2 }
    const rungs = [{ iteration: 2, cutoff: 3.25, seen: 3 }]
    const early = sweepView([{ ...rows[0]!, state: 'stopped', stopped }, rows[1]!], { metric: view.metric, rungs })
    const { data, layout } = sweepFigure(sweepCurves(early), { strong: new Set(), theme, at: 1 })
    assert.deepEqual([data[2]!.x, data[2]!.y], [[2], [4]])
    assert.deepEqual((data[3]!.y as unknown[]).slice(0, 2), [3.25, 3.25])
    assert.match((data[3]!.text as string[])[0]!, /cutoff at 2: at most 3\.25, of 3 trials/)
    assert.deepEqual(
      (layout.shapes as { x0: number }[]).map(({ x0 }) => x0),
      [2, 1],
    )
  })

  it('are two lines, however many trials there are, with gaps between trials', () => {
    const [all, strong] = draw(view.trials[1]!.key)
    assert.deepEqual(
      [all!.x, all!.y],
      [
        [1, 2, null, 1, 2, null],
        [4, 3, null, 5, 4, null],
      ],
    )
    assert.deepEqual(
      [strong!.x, strong!.y],
      [
        [1, 2, null],
        [5, 4, null],
      ],
    )
  })

  it('say whose they are, and show names that look like markup as text', () => {
    const [all] = draw()
    assert.equal((all!.text as string[])[3], `${escapePlotly(hostile)} · λ 0.5 · seed 1: 5 at 1`)
  })
})
