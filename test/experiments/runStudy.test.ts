import { strict as assert } from 'node:assert'
import { appendFileSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  createDesk,
  type Executor,
  parseStudy,
  readResult,
  readRungs,
  runStudy,
  type Study,
  type StudyEvent,
  type StudyInput,
  trialsOf,
} from '../../src/experiments/index.js'
import { isLocked, takeLock } from '../../src/experiments/lock.js'
import { createStopper } from '../../src/experiments/stopper.js'
import { writeStudy } from '../../src/experiments/store.js'
import { readMetrics, writeResult } from '../../src/experiments/trialFolder.js'
import { figures, newFolder, store } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

/** Runs trials in memory: each measures at every iteration what `fd` says, then has its result; one at a time. */
function fakeExecutor(study: Study, fd: (seed: number, iteration: number) => number) {
  const started: string[] = []
  const executor: Executor = {
    name: 'fake',
    slots: async () => 1,
    async start({ key, folder }, onMetric) {
      started.push(key)
      const { seed, settings } = trialsOf(study).find(trial => trial.key === key)!
      let stopped = false
      const work = async () => {
        for (let iteration = readMetrics(folder).length + 1; iteration <= settings.iterations; iteration++) {
          await new Promise(setImmediate)
          if (stopped) return { state: 'stopped' as const }
          const line = {
            sequence: iteration - 1,
            kind: 'evaluation',
            name: 'ddim',
            iteration,
            ...figures(fd(seed, iteration)),
          }
          appendFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(line)}\n`)
          onMetric(line)
        }
        const metrics = { ddim: figures(fd(seed, settings.iterations)) }
        writeResult(folder, {
          state: 'finished',
          ended: new Date().toISOString(),
          iterations: settings.iterations,
          metrics,
        })
        return { state: 'finished' as const }
      }
      const done = work()
      return {
        done,
        async stop() {
          stopped = true
          await done
        },
      }
    },
    async close() {},
  }
  return { executor, started }
}

const one = (changes: Partial<StudyInput>) =>
  parseStudy(tinyStudy({ methods: { adt: { label: 'ADT', settings: { method: 'adt', iterations: 8 } } }, ...changes }))
const asha = { stopping: { kind: 'asha', first: 1 / 4, factor: 2 } } as const

async function collect(study: Study, folder: string, executor: Executor, until = (_: StudyEvent) => false) {
  const events: StudyEvent[] = []
  const running = runStudy(study, { executor, folder })
  for (;;) {
    const next = await running.next()
    if (next.done) return { events, summary: next.value }
    events.push(next.value)
    if (until(next.value)) {
      await running.return({ finished: 0, stopped: 0, failed: 0, missing: 0 })
      return { events, summary: undefined }
    }
  }
}

describe('running a study', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const resultOf = (key: string) => readResult(join(folder, 'trials', key))

  it('stops a trial early at its rung, and keeps at which, against which cutoff', async () => {
    const study = one({ ...asha, seeds: [0, 1, 2] })
    const keys = trialsOf(study).map(({ key }) => key)
    // The second is worse from the start, the third only from iteration 4 on.
    const fd = (seed: number, iteration: number) => [10, 20, iteration < 4 ? 5 : 30][seed]!
    const { executor } = fakeExecutor(study, fd)
    const { events, summary } = await collect(study, folder, executor)
    assert.deepEqual(summary, { finished: 1, stopped: 2, failed: 0, missing: 0 })
    assert.deepEqual(
      keys.map(key => resultOf(key)!.stopped),
      [undefined, { rung: 2, value: 20, cutoff: 10, seen: 1 }, { rung: 4, value: 30, cutoff: 10, seen: 1 }],
    )
    assert.equal(resultOf(keys[1]!)!.metrics!.ddim!.fd, 20)
    assert.deepEqual(
      events.flatMap(event => (event.kind === 'pruned' ? [event.key] : [])),
      keys.slice(1),
    )
  })

  it('interrupted and gone on with, it decides as if it had never been away, and starts nothing twice', async () => {
    const study = one({ ...asha, seeds: [0, 1, 2, 3] })
    const keys = trialsOf(study).map(({ key }) => key)
    const fd = (seed: number, iteration: number) => [10, 20, 5, 9][seed]! - iteration / 10
    const whole = newFolder()
    await collect(study, whole, fakeExecutor(study, fd).executor)
    const expected = keys.map(key => {
      const { ended: _ended, ...rest } = readResult(join(whole, 'trials', key))!
      return rest
    })
    rmSync(whole, { recursive: true })

    const first = fakeExecutor(study, fd)
    await collect(
      study,
      folder,
      first.executor,
      event => event.kind === 'metric' && event.key === keys[2] && event.line.sequence === 3,
    )
    assert.equal(resultOf(keys[2]!), undefined)
    const second = fakeExecutor(study, fd)
    await collect(study, folder, second.executor)
    assert.deepEqual(second.started, keys.slice(2))
    const results = keys.map(key => {
      const { ended: _ended, ...rest } = resultOf(key)!
      return rest
    })
    assert.deepEqual(results, expected)
  })

  it('two processes that run it decide by what either has seen, and a line that a crash cut short spoils no other', () => {
    const study = one({ ...asha, seeds: [0, 1, 2] })
    writeStudy(folder, study)
    const trials = trialsOf(study)
    const [a, b, c] = trials.map(({ key }) => key) as [string, string, string]
    const at2 = (fd: number) => ({ sequence: 1, kind: 'evaluation', name: 'ddim', iteration: 2, ...figures(fd) })
    const [here, there] = [createStopper(study, folder, trials), createStopper(study, folder, trials)]
    assert.equal(here.report(a, at2(10)), undefined)
    assert.deepEqual(there.report(b, at2(20)), { rung: 2, value: 20, cutoff: 10, seen: 1 })
    const file = join(folder, study.name, 'arrivals.jsonl')
    appendFileSync(file, '{"key":"')
    assert.equal(here.report(c, at2(12)), undefined, 'between the two that were there')
    const again = createStopper(study, folder, trials)
    assert.deepEqual(
      [a, b, c].map(key => again.reasonOf(key)),
      [undefined, { rung: 2, value: 20, cutoff: 10, seen: 1 }, undefined],
    )
    assert.equal(readRungs(study, folder)[0]!.seen, 3)
  })

  it('a trial that it stopped and somebody resumed is not stopped again, also when the study is started anew', async () => {
    const study = one({ ...asha, seeds: [0, 1] })
    const [, second] = trialsOf(study).map(({ key }) => key) as [string, string]
    const fd = (seed: number) => [10, 20][seed]!
    await collect(study, folder, fakeExecutor(study, fd).executor)
    assert.equal(resultOf(second)!.state, 'stopped')

    const desk = createDesk()
    desk.ask('start', [second])
    for await (const event of runStudy(study, { executor: fakeExecutor(study, fd).executor, folder, desk })) {
      // Past the rung at iteration 4, and before the end.
      if (event.kind === 'metric' && event.line.iteration === 5) break
    }
    assert.equal(resultOf(second), undefined)

    const { executor, started } = fakeExecutor(study, fd)
    const { summary } = await collect(study, folder, executor)
    assert.deepEqual(started, [second])
    assert.deepEqual(summary, { finished: 2, stopped: 0, failed: 0, missing: 0 })
  })

  it('a trial that is resumed while it is just being stopped goes on', async () => {
    const study = one({ ...asha, seeds: [0, 1] })
    const [first, second] = trialsOf(study).map(({ key }) => key) as [string, string]
    const desk = createDesk()
    desk.ask('start', [first, second])
    const { executor } = fakeExecutor(study, seed => [10, 20][seed]!)
    const events: StudyEvent[] = []
    for await (const event of runStudy(study, { executor, folder, desk })) {
      events.push(event)
      // Told before its process has ended.
      const isStopped = event.kind === 'metric' && event.key === second && event.line.iteration === 2
      if (isStopped) desk.ask('start', [second])
      if (resultOf(second)?.state === 'finished') desk.close()
    }
    assert.ok(!events.some(({ kind }) => kind === 'pruned'))
    assert.equal(resultOf(second)!.state, 'finished')
  })

  it('a pardon holds in every process that runs the study, for what it knew before and for what it hears later', () => {
    const study = one({ ...asha, seeds: [0, 1, 2] })
    writeStudy(folder, study)
    const trials = trialsOf(study)
    const [a, b, c] = trials.map(({ key }) => key) as [string, string, string]
    const at = (iteration: number, fd: number) => ({ sequence: 1, kind: 'evaluation', iteration, ...figures(fd) })
    const [here, there] = [createStopper(study, folder, trials), createStopper(study, folder, trials)]
    for (const key of [a, b]) here.report(key, at(2, 10))
    assert.ok(there.report(c, at(2, 20)))
    here.pardon(c)
    here.pardon(c)
    assert.equal(there.reasonOf(c), undefined)
    there.report(a, at(4, 10))
    assert.equal(there.report(c, at(4, 30)), undefined)
    assert.equal(createStopper(study, folder, trials).reasonOf(c), undefined)
    const lines = readFileSync(join(folder, study.name, 'arrivals.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    assert.deepEqual(
      lines.filter(line => line.includes('pardoned')),
      [JSON.stringify({ key: c, pardoned: true })],
    )
    assert.deepEqual(
      readRungs(study, folder).map(({ seen }) => seen),
      [3, 2],
    )
  })

  // How many bytes this process has read, by Linux.
  const io = '/proc/self/io'
  const wherever = existsSync(io) ? it : undefined
  wherever?.('a measurement reads what has arrived since the last, not all that ever did', () => {
    const study = one({ ...asha, seeds: [0, 1] })
    writeStudy(folder, study)
    const trials = trialsOf(study)
    const others = Array.from({ length: 2000 }, (_, i) => ({ key: `other ${i}`, iteration: 2, value: 10 }))
    const file = join(folder, study.name, 'arrivals.jsonl')
    writeFileSync(file, others.map(line => `${JSON.stringify(line)}\n`).join(''))
    const stopper = createStopper(study, folder, trials)
    const bytesRead = () => Number(/^rchar: (\d+)$/m.exec(readFileSync(io, 'utf8'))![1])
    const before = bytesRead()
    for (const { key } of trials) {
      for (let iteration = 1; iteration < 8; iteration++) {
        stopper.report(key, { sequence: 0, kind: 'evaluation', iteration, ...figures(10) })
      }
    }
    assert.ok(
      bytesRead() - before < 10_000,
      `${bytesRead() - before} bytes read, the file has ${readFileSync(file).length}`,
    )
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 2000 + 14 + 1)
  })

  it('a trial that another study’s rule stopped is gone on with where there is no rule', async () => {
    const pruning = one({ ...asha, seeds: [0, 1] })
    const fd = (seed: number) => [10, 20][seed]!
    await collect(pruning, folder, fakeExecutor(pruning, fd).executor)
    const whole = one({ name: 'whole', seeds: [0, 1] })
    const { executor, started } = fakeExecutor(whole, fd)
    const { summary } = await collect(whole, folder, executor)
    assert.deepEqual(started, [trialsOf(whole)[1]!.key])
    assert.deepEqual(summary, { finished: 2, stopped: 0, failed: 0, missing: 0 })
    assert.equal(readMetrics(join(folder, 'trials', started[0]!)).length, 8)
  })

  it('what other studies have finished counts among what a rule has seen', async () => {
    const whole = one({ name: 'whole', seeds: [0] })
    await collect(whole, folder, fakeExecutor(whole, () => 10).executor)
    const pruning = one({ ...asha, seeds: [0, 1] })
    const { executor, started } = fakeExecutor(pruning, seed => [10, 20][seed]!)
    const { summary } = await collect(pruning, folder, executor)
    assert.equal(started.length, 1)
    assert.deepEqual(summary, { finished: 1, stopped: 1, failed: 0, missing: 0 })
    assert.deepEqual(resultOf(started[0]!)!.stopped, { rung: 2, value: 20, cutoff: 10, seen: 1 })
  })

  it('leaves failed trials alone unless they are to be tried again', async () => {
    const study = one({ seeds: [0] })
    store(folder, study, () => ({ state: 'failed', message: 'not finite' }))
    const { executor, started } = fakeExecutor(study, () => 1)
    assert.deepEqual((await collect(study, folder, executor)).summary, {
      finished: 0,
      stopped: 0,
      failed: 1,
      missing: 0,
    })
    assert.deepEqual(started, [])
    for await (const _ of runStudy(study, { executor, folder, retry: true })) {
      // to its end
    }
    assert.equal(resultOf(trialsOf(study)[0]!.key)!.state, 'finished')
  })

  it('keeps the study’s definition and its Optuna journal beside the trials', async () => {
    const study = one({ seeds: [0, 1] })
    await collect(study, folder, fakeExecutor(study, () => 3).executor)
    assert.deepEqual(parseStudy(JSON.parse(readFileSync(join(folder, 'tiny', 'study.json'), 'utf8'))), study)
    const journal = readFileSync(join(folder, 'tiny', 'journal.log'), 'utf8')
      .trimEnd()
      .split('\n')
    assert.equal(journal.filter(line => line.includes('"op_code":4')).length, 2)
  })

  it('says what is not there before it starts anything', async () => {
    const study = one({ seeds: [0] })
    study.base.model = 'no-such-model'
    const { executor, started } = fakeExecutor(study, () => 1)
    await assert.rejects(collect(study, folder, executor), /tiny cannot be run here:\nno-such-model: no such folder/)
    assert.deepEqual(started, [])
  })
})

describe('the lock of a trial', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is had by one process at a time', () => {
    const lock = takeLock(folder)!
    assert.ok(lock)
    assert.equal(takeLock(folder), undefined)
    assert.ok(isLocked(folder))
    lock.release()
    assert.ok(!isLocked(folder))
    takeLock(folder)!.release()
  })

  it('that cannot be written is an error that names its file', () => {
    assert.throws(
      () => takeLock(join(folder, 'gone')),
      /gone\/lock: cannot be written: no file can be made there; choose/,
    )
  })

  it('of a process that is dead, or on another machine silent for long, is taken over', () => {
    const file = join(folder, 'lock')
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
    assert.ok(!isLocked(folder))
    takeLock(folder)!.release()
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere' }))
    assert.ok(isLocked(folder))
    const long = new Date(Date.now() - 3_600_000)
    utimesSync(file, long, long)
    takeLock(folder)!.release()
    assert.ok(!existsSync(file))
  })
})
