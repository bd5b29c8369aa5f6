import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Executor, parseStudy, type StudyInput, trialsOf } from '../../src/experiments/index.js'
import { readMetrics, writeResult } from '../../src/experiments/trialFolder.js'
import { type Host, type SteeredStudy, type SweepView, steerStudy } from '../../src/notebook/index.js'
import { viewMime } from '../../src/views/index.js'
import { type Answer, ordersTarget } from '../../src/views/sweepOrders.js'
import { tinyStudy } from '../experiments/tinyStudy.js'

const figures = (fd: number) => ({ fd, text: 0, nearness: 0 })

/** Trials that measure at each iteration as soon as they are let go on; what was measured before is kept. */
function steppedExecutor(fdOf: (folder: string, iteration: number) => number) {
  const gates = new Set<() => void>()
  const executor: Executor = {
    name: 'stepped',
    slots: async () => 2,
    async start({ folder }, onMetric) {
      let stopped = false
      let open = () => {}
      const work = async () => {
        for (let sequence = readMetrics(folder).length; sequence < 4; sequence++) {
          if (stopped) return { state: 'stopped' as const }
          await new Promise<void>(resolve => {
            open = resolve
            gates.add(resolve)
          })
          gates.delete(open)
          if (stopped) return { state: 'stopped' as const }
          const fd = fdOf(folder, sequence + 1)
          const line = { sequence, kind: 'evaluation', name: 'ddim', iteration: sequence + 1, ...figures(fd) }
          appendFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(line)}\n`)
          onMetric(line)
        }
        const metrics = { ddim: figures(fdOf(folder, 4)) }
        writeResult(folder, { state: 'finished', ended: '2026-01-01T00:00:00Z', iterations: 4, metrics })
        return { state: 'finished' as const }
      }
      const done = work()
      const stop = async () => {
        stopped = true
        open()
        await done
      }
      return { done, stop }
    },
    async close() {},
  }
  const step = async () => {
    await until(() => gates.size > 0)
    for (const open of [...gates]) open()
  }
  return { executor, step }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await wait(10)
  assert.ok(condition(), `waited for ${condition}`)
}

describe('a study that is run from its view', () => {
  const study = (changes: Partial<StudyInput> = {}) =>
    parseStudy(
      tinyStudy({
        methods: { adt: { label: 'ADT', settings: { method: 'adt' } } },
        grid: { 'tuning.K': [1, 2, 3] },
        ...changes,
      }),
    )
  let folder: string
  let shown: SweepView
  let page: { send(data: unknown): void; got: unknown[]; closed: { why?: string } | undefined }
  let open: (control: unknown) => void
  const globals = globalThis as Record<symbol, unknown>

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-steer-'))
    const host: Host = {
      display: bundle => {
        shown = structuredClone(bundle[viewMime]) as SweepView
      },
      onComm(target, handler) {
        if (target !== ordersTarget) return
        open = control => {
          const handlers: ((message: { data: unknown }) => unknown)[] = []
          page = { got: [], closed: undefined, send: data => handlers.forEach(handle => void handle({ data })) }
          const own = page
          const comm = {
            send: (data: unknown) => own.got.push(data),
            close: (data?: unknown) => {
              own.closed = data as { why?: string }
            },
            onMessage: (handle: (message: { data: unknown }) => unknown) => handlers.push(handle),
            onClose: () => {},
          }
          handler(comm, { data: { version: 1, control } })
        }
      },
    }
    globals[Symbol.for('adt.host')] = host
  })
  afterEach(() => {
    delete globals[Symbol.for('adt.host')]
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = async (order: number, action: string, keys: readonly string[]): Promise<Answer> => {
    page.send({ order, action, keys })
    await until(() => page.got.some(message => (message as Answer).order === order))
    return page.got.find(message => (message as Answer).order === order) as Answer
  }
  const trialAt = (steered: SteeredStudy, K: number) =>
    steered.view().trials.find(({ settings }) => settings['tuning.K'] === K)!

  it('launches a missing cell, stops it, and goes on where it was: nothing is lost, nothing comes twice', async () => {
    const { executor, step } = steppedExecutor((_, iteration) => 10 - iteration)
    const steered = steerStudy(study(), { executor, folder })
    await until(() => shown !== undefined)
    assert.ok(
      shown.trials.every(({ state }) => state === 'waiting'),
      'nothing starts by itself',
    )
    open(shown.control)
    assert.deepEqual(page.got, [{ open: true }])

    const { key } = trialAt(steered, 2)
    const launched = await ask(1, 'launch', [key])
    assert.deepEqual([launched.ok, launched.message], [true, 'The trial is started.'])
    await step()
    await step()
    await until(() => trialAt(steered, 2).iteration === 2)
    assert.equal(trialAt(steered, 2).state, 'running')

    const stopped = await ask(2, 'stop', [key])
    assert.match(stopped.message, /stopped; what was computed is kept/)
    await until(() => trialAt(steered, 2).state === 'interrupted')
    assert.deepEqual(trialAt(steered, 2).curve, { iteration: [1, 2], value: [9, 8] })

    assert.ok((await ask(3, 'resume', [key])).ok)
    await step()
    await step()
    await until(() => trialAt(steered, 2).state === 'finished')
    assert.deepEqual(trialAt(steered, 2).curve, { iteration: [1, 2, 3, 4], value: [9, 8, 7, 6] })
    assert.equal(trialAt(steered, 1).state, 'waiting')
    await steered.close()
    assert.equal(shown.control, undefined, 'what is stored takes no orders')
    assert.match(page.closed!.why!, /was closed/)
  })

  it('goes on with what the rule stopped, which is not stopped again; the cutoffs are told', async () => {
    const trials = trialsOf(study())
    const worst = trials[1]!
    const { executor, step } = steppedExecutor((own, iteration) => (own.endsWith(worst.key) ? 50 : 10) - iteration)
    const steered = steerStudy(study({ stopping: { kind: 'asha', first: 0.25, factor: 2 } }), { executor, folder })
    steered.launch([trials[0]!.key])
    for (let i = 0; i < 4; i++) await step()
    await until(() => trialAt(steered, 1).state === 'finished')
    assert.deepEqual(steered.view().rungs![0], { iteration: 1, cutoff: 9, seen: 1 })

    steered.launch([worst.key])
    await step()
    await until(() => trialAt(steered, 2).state === 'stopped')
    assert.deepEqual(trialAt(steered, 2).stopped, { rung: 1, value: 49, cutoff: 9, seen: 1 })
    open(steered.view().control)
    assert.ok((await ask(1, 'resume', [trialAt(steered, 2).key])).ok)
    for (let i = 0; i < 3; i++) await step()
    await until(() => trialAt(steered, 2).state === 'finished')
    assert.deepEqual(trialAt(steered, 2).curve!.value, [49, 48, 47, 46])
    await steered.close()
  })

  it('says why an order is not done', async () => {
    const { executor } = steppedExecutor(() => 1)
    const steered = steerStudy(study(), { executor, folder })
    await until(() => shown !== undefined)
    open(shown.control)
    assert.deepEqual(await ask(1, 'launch', ['nobody x']), {
      ...{ order: 1, ok: false, message: 'This study has no trial nobody.' },
    })
    assert.match((await ask(2, 'explode', [])).message, /not understood/)
    const idle = await ask(4, 'stop', [steered.view().trials[0]!.key])
    assert.deepEqual([idle.ok, /run by another process/.test(idle.message)], [false, true])
    const [first, second, third] = steered.view().trials.map(({ key }) => key)
    assert.match(
      (await ask(3, 'launch', [first!, second!, third!])).message,
      /3 trials are queued: there is room for 2/,
    )
    await steered.close()
    open('another')
    assert.match(page.closed!.why!, /run its cell again/i)
  })

  it('is told to the pages when it cannot be run', async () => {
    const steered = steerStudy(study({ base: { ...tinyStudy().base, model: 'no/such/model' } }), {
      executor: steppedExecutor(() => 1).executor,
      folder,
    })
    open(steered.view().control)
    await assert.rejects(steered.done, /cannot be run here/)
  })
})
