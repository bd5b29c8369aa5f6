/** What every executor does, whatever it runs trials on. An executor's test calls `conformance` with how to get one. */
import { strict as assert } from 'node:assert'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Executor, MetricLine, Running, TrialTask } from '../../src/experiments/executor.js'

/** An executor's place: this machine, a cluster. */
export interface Place {
  /** A new executor; the suite closes it. */
  open(): Executor
  /** Trials that the place runs at once, at least 2. */
  slots: number
  /**
   * Ends what one of the trials runs on, as a crash would, and no other.
   * @returns that trial
   */
  lose(trials: FakeTrial[]): Promise<FakeTrial>
  /** Brings back what `lose` took away. */
  restore(): Promise<void>
  /** A sweep of so many trials of so many seconds keeps the slots busy for at least this share of the time. */
  busy: { trials: number; seconds: number; share: number }
}

/** Settings of fixtures/fakeTrial.mjs. */
export interface FakeSettings {
  steps?: number
  stepMs?: number
  checkpointEvery?: number
  failAt?: number
}

/** What a fake trial notes of itself. `time` in ms. */
export interface Work {
  did: 'started' | 'step' | 'stopped' | 'finished'
  step?: number
  /** The step that it began with. */
  next?: number
  /** CUDA_VISIBLE_DEVICES as it started. */
  gpu?: string
  pid: number
  time: number
}

/** A trial of the suite, over all its runs. */
export interface FakeTrial {
  task: TrialTask
  /** Metrics in the order that they came in the latest run. */
  metrics: MetricLine[]
  /** What the trial's processes did, over all runs. */
  work(): Work[]
  /** The number in its result; undefined before it finished. */
  result(): number | undefined
  start(executor: Executor): Promise<Running>
}

export const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url))
let trials = 0

/** A trial in a folder of its own under `folder`. */
export function fakeTrial(folder: string, settings: FakeSettings = {}): FakeTrial {
  const own = mkdtempSync(join(folder, 'trial-'))
  const names = { steps: 'STEPS', stepMs: 'STEP_MS', checkpointEvery: 'CHECKPOINT_EVERY', failAt: 'FAIL_AT' }
  const task: TrialTask = {
    key: `fake-${process.pid}-${trials++}`,
    folder: own,
    command: [process.execPath, join(fixtures, 'fakeTrial.mjs'), own],
    environment: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`FAKE_${names[name as keyof FakeSettings]}`, String(value)]),
    ),
    gpus: 0,
  }
  const read = (name: string) => (existsSync(join(own, name)) ? readFileSync(join(own, name), 'utf8') : undefined)
  const trial: FakeTrial = {
    task,
    metrics: [],
    work: () =>
      (read('work.jsonl') ?? '')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line)),
    result: () => JSON.parse(read('result.json') ?? '{}').number,
    start(executor) {
      const metrics: MetricLine[] = []
      trial.metrics = metrics
      return executor.start(task, line => metrics.push(line))
    },
  }
  return trial
}

/** The number that an undisturbed trial of so many steps ends with. */
export function numberAfter(steps: number): number {
  let number = 1
  for (let step = 0; step < steps; step++) number = (number * 48271) % 2147483647
  return number
}

/** Waits until `condition` holds. @throws AssertionError after so many seconds */
export async function until(condition: () => boolean | Promise<boolean>, what: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await condition())) {
    assert(Date.now() < end, `${what}: not within ${seconds} s`)
    await wait(50)
  }
}

const sequences = (trial: FakeTrial) => trial.metrics.map(({ sequence }) => sequence)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)
const stepsOf = (trial: FakeTrial) => trial.work().filter(({ did }) => did === 'step')

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The processes of a trial ran one after another, and did again only steps that no checkpoint held. */
export function assertNothingTwice(trial: FakeTrial, checkpointEvery: number): void {
  const work = trial.work()
  const runs = [...new Set(work.map(({ pid }) => pid))].map(pid => work.filter(entry => entry.pid === pid))
  for (const [i, run] of runs.entries()) {
    const before = runs[i - 1]
    if (before) assert(before.at(-1)!.time <= run[0]!.time, 'two processes of one trial ran at the same time')
  }
  const times = new Map<number, number>()
  for (const { step } of stepsOf(trial)) times.set(step!, (times.get(step!) ?? 0) + 1)
  const again = [...times.values()].reduce((sum, n) => sum + n - 1, 0)
  assert(again < checkpointEvery * (runs.length - 1) + 1, `${again} steps were done again`)
}

/** The suite. `place` is called when its tests run, not before. */
export function conformance(place: () => Place): void {
  let folder: string
  let executor: Executor

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-trials-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    executor = place().open()
    await until(async () => (await executor.slots()) === place().slots, `${place().slots} slots`)
  })
  afterEach(() => executor.close())

  it('runs a trial with its settings, and gives each metric once and in order', async () => {
    const trial = fakeTrial(folder, { steps: 57, stepMs: 1 })
    assert.deepEqual(await (await trial.start(executor)).done, { state: 'finished' })
    assert.deepEqual(sequences(trial), upTo(57))
    assert.equal(trial.metrics.at(-1)!.number, numberAfter(57))
    assert.equal(trial.result(), numberAfter(57))
  })

  it('runs as many trials at once as it has slots, which running ones count among', async () => {
    const all = upTo(place().slots).map(() => fakeTrial(folder, { steps: 100_000 }))
    await Promise.all(all.map(trial => trial.start(executor)))
    await until(() => all.every(trial => stepsOf(trial).length > 0), 'all trials at work')
    assert.equal(await executor.slots(), place().slots)
  })

  it('gives metrics while a trial runs', async () => {
    const trial = fakeTrial(folder, { steps: 100_000 })
    await trial.start(executor)
    await until(() => trial.metrics.length > 0, 'a metric')
    assert.equal(trial.result(), undefined)
  })

  it('says how a trial failed, in its own last words', async () => {
    const trial = fakeTrial(folder, { steps: 20, failAt: 7 })
    const { state, message } = await (await trial.start(executor)).done
    assert.equal(state, 'failed')
    assert.match(message!, /\b3\b.*this trial was told to fail/s)
    assert.doesNotMatch(message!, /sequence/)
    assert.deepEqual(sequences(trial), upTo(7))
  })

  it('stops a trial, which keeps a checkpoint and goes on from it', async () => {
    const trial = fakeTrial(folder, { steps: 150, stepMs: 20, checkpointEvery: 1000 })
    const running = await trial.start(executor)
    await until(() => stepsOf(trial).length >= 20, '20 steps')
    await running.stop()
    assert.equal((await running.done).state, 'stopped')
    assert.equal(trial.work().at(-1)!.did, 'stopped')
    const done = stepsOf(trial).length
    assert.deepEqual(sequences(trial), upTo(done))

    await running.stop() // once more changes nothing
    assert.deepEqual(await (await trial.start(executor)).done, { state: 'finished' })
    assert.equal(trial.result(), numberAfter(150))
    assert.equal(sequences(trial).at(-1), 149)
    assert.deepEqual(
      stepsOf(trial).map(({ step }) => step),
      upTo(150),
    )
  })

  it('stops nothing that has finished', async () => {
    const running = await fakeTrial(folder, { steps: 3 }).start(executor)
    await running.done
    await running.stop()
    assert.deepEqual(await running.done, { state: 'finished' })
  })

  it('says that a trial was lost with what it ran on; the next try goes on from its last checkpoint', async () => {
    const all = upTo(place().slots).map(() => fakeTrial(folder, { steps: 600, stepMs: 20, checkpointEvery: 10 }))
    const running = await Promise.all(all.map(trial => trial.start(executor)))
    await until(() => all.every(trial => stepsOf(trial).length > 30), 'all trials at work')
    const lost = await place().lose(all)
    const other = all.find(trial => trial !== lost)!
    const { state, message } = await running[all.indexOf(lost)]!.done
    assert.equal(state, 'lost', message)
    await until(() => !isAlive(lost.work()[0]!.pid), 'the lost process is gone', 10)
    const [kept, done] = [lost.metrics.length, stepsOf(lost).length]
    assert(kept > 30 && kept < 600)
    assert(message, 'it says what was lost')
    assert.deepEqual(sequences(lost), upTo(lost.metrics.length), 'every metric that the lost trial stored is there')

    assert.deepEqual(await running[all.indexOf(other)]!.done, { state: 'finished' }, 'the others go on')
    assert.deepEqual(sequences(other), upTo(600))

    await until(async () => (await executor.slots()) > 0, 'a slot')
    const before = lost.metrics
    assert.deepEqual(await (await lost.start(executor)).done, { state: 'finished' })
    assert.equal(lost.result(), numberAfter(600), 'the same result as undisturbed')
    const bySequence = new Map([...before, ...lost.metrics].map(line => [line.sequence, line.number]))
    assert.deepEqual([...bySequence.keys()], upTo(600), 'no metric is missing')
    assert.equal(lost.work().find(({ did, next }) => did === 'started' && next! > 0)!.next, done - (done % 10))
    assertNothingTwice(lost, 10)
    assertNothingTwice(other, 10)
    await place().restore()
  })

  it('stops what still runs when it is closed', async () => {
    const all = upTo(place().slots).map(() => fakeTrial(folder, { steps: 100_000 }))
    const running = await Promise.all(all.map(trial => trial.start(executor)))
    await until(() => all.every(trial => stepsOf(trial).length > 0), 'all trials at work')
    await executor.close()
    for (const { done } of running) assert.equal((await done).state, 'stopped')
    for (const trial of all) assert.equal(trial.work().at(-1)!.did, 'stopped')
  })

  it('keeps its slots busy through a sweep', async () => {
    const { busy, slots } = place()
    const all = upTo(busy.trials).map(() => fakeTrial(folder, { steps: busy.seconds * 10, stepMs: 100 }))
    const waiting = [...all]
    const worker = async () => {
      for (let trial = waiting.shift(); trial; trial = waiting.shift()) {
        assert.deepEqual(await (await trial.start(executor)).done, { state: 'finished' })
      }
    }
    const begin = Date.now()
    await Promise.all(upTo(slots).map(worker))
    const elapsed = Date.now() - begin
    const worked = all.map(trial => trial.work()).map(work => work.at(-1)!.time - work[0]!.time)
    const share = worked.reduce((sum, ms) => sum + ms, 0) / (slots * elapsed)
    assert(share >= busy.share, `busy for ${(share * 100).toFixed(0)} % of the time`)
  })
}
