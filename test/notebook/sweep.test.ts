import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrial, parseStudy, trialsOf } from '../../src/experiments/index.js'
import { writeStudy } from '../../src/experiments/store.js'
import { writeResult } from '../../src/experiments/trialFolder.js'
import {
  display,
  type Host,
  openStudy,
  type SweepRow,
  type SweepView,
  show,
  sweep,
  sweepView,
  watchStudy,
} from '../../src/notebook/index.js'
import { viewMime } from '../../src/views/index.js'
import { type Answer, liveTarget } from '../../src/views/liveView.js'
import { tinyStudy } from '../experiments/tinyStudy.js'

type Sent = { view: SweepView; picture: boolean; options: Parameters<Host['display']>[1] }

/** Runs code as a cell would, and gives the sweeps that were displayed. */
async function inKernel(code: () => unknown): Promise<Sent[]> {
  const sent: Sent[] = []
  const host: Host = {
    display: (bundle, options) =>
      sent.push({ view: structuredClone(bundle[viewMime]) as SweepView, picture: 'image/png' in bundle, options }),
  }
  const globals = globalThis as Record<symbol, unknown>
  globals[Symbol.for('adt.host')] = host
  try {
    await code()
  } finally {
    delete globals[Symbol.for('adt.host')]
  }
  return sent
}

const metric = { name: 'fd', better: 'lower' } as const
const row = (seed: number, more: Partial<SweepRow> = {}): SweepRow => ({
  method: 'ADT',
  settings: { K: 1 },
  seed,
  state: 'running',
  ...more,
})

describe('sweeps in a cell', () => {
  it('tell a page that was reloaded what is newer than what it has', async () => {
    const globals = globalThis as Record<symbol, unknown>
    const answers: Answer[] = []
    let ask: (question: unknown) => void = () => {}
    const comm = {
      send: (data: unknown) => void answers.push(data as Answer),
      close() {},
      onClose() {},
      onMessage(handle: (message: { data: unknown }) => unknown) {
        ask = data => void handle({ data })
      },
    }
    const host: Host = {
      display() {},
      onComm: (target, handler) => void (target === liveTarget && handler(comm, { data: {} })),
    }
    globals[Symbol.for('adt.host')] = host
    try {
      const live = sweep({ metric })
      live.show(row(0, { value: 3 }))
      const question = { version: 1, view: '', known: 0 }
      ask(question)
      assert.deepEqual(answers.pop(), { version: 1, view: '', gone: true }, 'of another kernel')
      const { view, revision } = (live[display]()[viewMime] as SweepView).live!
      ask({ ...question, view, known: revision })
      assert.deepEqual(answers.pop(), { version: 1, view }, 'nothing new')
      live.show(row(0, { value: 2 }))
      ask({ ...question, view, known: revision })
      const news = answers.pop()!.payload as SweepView
      assert.deepEqual([news.trials[0]!.value, news.live], [2, { view, revision: revision + 1 }])
      live.stop()
      ask({ ...question, view, known: revision + 1 })
      assert.equal((answers.pop()!.payload as SweepView).live, undefined, 'it will not change any more')
      for (const wrong of [{ ...question, known: -1 }, { ...question, version: 2 }, null]) ask(wrong)
      assert.equal(answers.length, 0)
    } finally {
      delete globals[Symbol.for('adt.host')]
    }
  })

  it('are shown as any view', async () => {
    const view = sweepView([row(0, { value: 1 })], { metric })
    assert.ok(view[display]()['image/png'])
    const [sent] = await inKernel(() => show(view))
    assert.equal(sent!.view.trials[0]!.value, 1)
  })

  it('are one display, updated in place at most four times a second, with the picture at its end', async () => {
    const sent = await inKernel(async () => {
      const live = sweep({ metric })
      live.show(row(0, { state: 'waiting' }), row(1, { state: 'waiting' }))
      for (let i = 1; i <= 55; i++) {
        live.show(row(0, { iteration: i, value: 1 / i }))
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      live.show(row(0, { state: 'finished', value: 0 }))
      live.stop()
      live.show(row(1, { value: 9 }))
    })
    assert.ok(sent.length >= 3 && sent.length <= 5, `${sent.length} displays in 0.6 s`)
    assert.equal(new Set(sent.map(({ options }) => options?.id)).size, 1)
    assert.deepEqual(
      sent.map(({ options, picture }) => [options?.update, picture]),
      sent.map((_, i) => [i > 0, i === sent.length - 1]),
    )
    assert.deepEqual(
      sent.at(-1)!.view.trials.map(({ state, value }) => [state, value]),
      [
        ['finished', 0],
        ['waiting', null],
      ],
    )
  })
})

describe("a study's folder", () => {
  const study = parseStudy(
    tinyStudy({
      grid: { 'tuning.K': [1, 2] },
      seeds: [0, 1],
      methods: {
        ft: { label: 'FT', settings: { method: 'ft' }, crossed: false },
        adt: { label: 'ADT', settings: { method: 'adt' } },
      },
    }),
  )
  const trials = trialsOf(study)
  let folder: string
  let scale: string

  beforeEach(() => {
    scale = mkdtempSync(join(tmpdir(), 'adt-sweep-'))
    folder = join(scale, study.name)
    writeStudy(scale, study)
  })
  afterEach(() => rmSync(scale, { recursive: true, force: true }))

  /** What a trial's process leaves: a measurement after each of two iterations. */
  function measure(index: number, ...fds: number[]): string {
    const own = createTrial(scale, study, trials[index]!)
    fds.forEach((fd, i) => {
      const line = { kind: 'evaluation', iteration: 2 * (i + 1), name: 'ddim', fd, text: 0, nearness: 0 }
      appendFileSync(join(own, 'metrics.jsonl'), `${JSON.stringify({ sequence: i, ...line })}\n`)
    })
    return own
  }
  const finish = (own: string, fd: number) =>
    writeResult(own, {
      state: 'finished',
      ended: '2026-01-01T00:00:00Z',
      iterations: 4,
      metrics: { ddim: { fd, text: 0, nearness: 0 } },
    })

  it('opens with what is done, under way and missing', () => {
    finish(measure(0, 8, 5), 5)
    measure(1, 7)
    const view = openStudy(folder)
    assert.equal(view.title, 'Tiny')
    assert.deepEqual(view.metric, study.metric)
    assert.deepEqual(
      view.trials.map(({ method, settings, seed, state, value }) => [method, settings['tuning.K'], seed, state, value]),
      [
        ['FT', undefined, 0, 'finished', 5],
        ['ADT', 1, 0, 'interrupted', 7],
        ['ADT', 2, 0, 'waiting', null],
        ['FT', undefined, 1, 'waiting', null],
        ['ADT', 1, 1, 'waiting', null],
        ['ADT', 2, 1, 'waiting', null],
      ],
    )
    assert.deepEqual(view.trials[0]!.curve, { iteration: [2, 4], value: [8, 5] })
    assert.deepEqual([view.trials[1]!.iteration, view.trials[1]!.total], [2, 4])
  })

  it('tells at which rung, with which value and against which cutoff a trial was stopped', () => {
    const own = measure(1, 7)
    writeResult(own, {
      state: 'stopped',
      ended: '2026-01-01T00:00:00Z',
      iterations: 2,
      stopped: { rung: 2, value: 7, cutoff: 6, seen: 3 },
    })
    assert.equal(openStudy(folder).trials[1]!.state, 'interrupted', 'another study stopped it')
    writeStudy(scale, { ...study, stopping: { kind: 'asha', first: 1 / 2, factor: 2 } })
    const [, stopped] = openStudy(folder).trials
    assert.deepEqual(
      [stopped!.state, stopped!.value, stopped!.stopped],
      ['stopped', 7, { rung: 2, value: 7, cutoff: 6, seen: 3 }],
    )
  })

  it('is followed until its last trial has ended', async () => {
    finish(measure(0, 8, 5), 5)
    const sent = await inKernel(async () => {
      const watched = watchStudy(folder)
      const [first, ...others] = trials.slice(1).map((_, i) => measure(i + 1, 9))
      await new Promise(resolve => setTimeout(resolve, 1200))
      assert.equal(watched.view().trials.filter(({ value }) => value === 9).length, 5)
      for (const own of [first!, ...others]) finish(own, 4)
      await watched.done
    })
    assert.deepEqual(
      sent[0]!.view.trials.map(({ state }) => state),
      ['finished', ...Array(5).fill('waiting')],
    )
    assert.ok(sent.at(-1)!.view.trials.every(({ state }) => state === 'finished'))
    assert.ok(sent.at(-1)!.picture)
  })

  it('names what is missing', () => {
    assert.throws(() => openStudy(scale), /study\.json: cannot be read/)
    writeFileSync(join(folder, 'study.json'), '{}')
    assert.throws(() => openStudy(folder), /question/)
  })
})
