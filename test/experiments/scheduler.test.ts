import { strict as assert } from 'node:assert'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import {
  createDesk,
  type Ending,
  type Executor,
  type MetricLine,
  type ScheduleEvent,
  schedule,
  type TrialTask,
} from '../../src/experiments/index.js'

/** An executor in memory: each trial gives its lines and ends as its list of endings says, one for each start. */
function memoryExecutor(slots: number, endings: (key: string, attempt: number) => Ending, lines = 3) {
  const log = { most: 0, starts: [] as string[] }
  let running = 0
  const executor: Executor = {
    name: 'memory',
    slots: async () => slots,
    async start({ key }, onMetric) {
      log.starts.push(key)
      running++
      log.most = Math.max(log.most, running)
      const attempt = log.starts.filter(other => other === key).length
      let stopped = false
      const work = async (): Promise<Ending> => {
        for (let sequence = 0; sequence < lines && !stopped; sequence++) {
          await wait(1)
          if (!stopped) onMetric({ sequence, iteration: sequence })
        }
        running--
        return stopped ? { state: 'stopped' } : endings(key, attempt)
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
  return { executor, log }
}

const tasksOf = (count: number): TrialTask[] =>
  Array.from({ length: count }, (_, i) => ({ key: `${i}`, folder: '', command: [], environment: {}, gpus: 0 }))

async function collect(events: AsyncGenerator<ScheduleEvent>): Promise<ScheduleEvent[]> {
  const all: ScheduleEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const endings = (events: ScheduleEvent[]) =>
  Object.fromEntries(events.flatMap(event => (event.kind === 'ended' ? [[event.key, event.ending.state]] : [])))

describe('the scheduler', () => {
  it('never hands over more than there are slots, and ends every trial once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 9 }), async (slots, count) => {
        const { executor, log } = memoryExecutor(slots, () => ({ state: 'finished' }))
        const events = await collect(schedule(tasksOf(count), executor))
        assert.ok(log.most <= slots)
        assert.deepEqual(
          log.starts,
          tasksOf(count).map(({ key }) => key),
          'in their order',
        )
        assert.equal(Object.keys(endings(events)).length, count)
      }),
      { numRuns: 20 },
    )
  })

  it('starts a lost trial again, up to a limit, and gives each of its metrics once', async () => {
    const { executor, log } = memoryExecutor(1, (key, attempt) =>
      key === '1' || attempt === 1 ? { state: 'lost', message: 'node gone' } : { state: 'finished' },
    )
    const events = await collect(schedule(tasksOf(2), executor, { retries: 2 }))
    assert.deepEqual(log.starts, ['0', '0', '1', '1', '1'])
    assert.deepEqual(endings(events), { 0: 'finished', 1: 'lost' })
    const metrics = events.flatMap(event => (event.kind === 'metric' ? [`${event.key} ${event.line.sequence}`] : []))
    assert.deepEqual(metrics, ['0 0', '0 1', '0 2', '1 0', '1 1', '1 2'])
  })

  it('a failed trial is not started again, and the others go on', async () => {
    const { executor, log } = memoryExecutor(2, key =>
      key === '0' ? { state: 'failed', message: 'no' } : { state: 'finished' },
    )
    const events = await collect(schedule(tasksOf(3), executor))
    assert.deepEqual(endings(events), { 0: 'failed', 1: 'finished', 2: 'finished' })
    assert.equal(log.starts.length, 3)
  })

  it('stops a trial at the metric that says so', async () => {
    const { executor } = memoryExecutor(2, () => ({ state: 'finished' }), 50)
    const shouldStop = (key: string, { sequence }: MetricLine) => key === '1' && sequence === 4
    const events = await collect(schedule(tasksOf(3), executor, { shouldStop }))
    assert.deepEqual(endings(events), { 0: 'finished', 1: 'stopped', 2: 'finished' })
    const last = events.findLast(event => event.kind === 'metric' && event.key === '1')
    assert.equal(last?.kind === 'metric' && last.line.sequence, 4)
  })

  it('ends with what the rule of stopping throws, a full disk say, after it stopped what runs', async () => {
    const ended: string[] = []
    const { executor, log } = memoryExecutor(
      2,
      key => {
        ended.push(key)
        return { state: 'finished' }
      },
      10_000,
    )
    const shouldStop = (_: string, { sequence }: MetricLine) => {
      if (sequence === 2) throw new Error('no space is left')
      return false
    }
    await assert.rejects(collect(schedule(tasksOf(5), executor, { shouldStop })), { message: 'no space is left' })
    assert.deepEqual(log.starts, ['0', '1'])
    assert.deepEqual(ended, [], 'stopped on the way')
  })

  it('an abort stops what runs and starts nothing more', async () => {
    const controller = new AbortController()
    const { executor, log } = memoryExecutor(2, () => ({ state: 'finished' }), 10_000)
    const states: Record<string, string> = {}
    for await (const event of schedule(tasksOf(5), executor, { signal: controller.signal })) {
      if (event.kind === 'metric') controller.abort()
      if (event.kind === 'ended') states[event.key] = event.ending.state
    }
    assert.deepEqual(states, { 0: 'stopped', 1: 'stopped' })
    assert.equal(log.starts.length, 2)
  })

  it('leaving the loop stops what runs', async () => {
    const { executor } = memoryExecutor(1, () => ({ state: 'finished' }), 10_000)
    const begin = Date.now()
    for await (const event of schedule(tasksOf(1), executor)) if (event.kind === 'metric') break
    assert.ok(Date.now() - begin < 5000)
  })

  it('leaves a trial that may not start yet for later', async () => {
    const { executor, log } = memoryExecutor(1, () => ({ state: 'finished' }))
    const mayStart = ({ key }: TrialTask) => key !== '0' || log.starts.length === 2
    await collect(schedule(tasksOf(3), executor, { mayStart }))
    assert.deepEqual(log.starts, ['1', '2', '0'])
  })

  it('starts, stops and starts again what its desk is asked for, until the desk is closed', async () => {
    const { executor, log } = memoryExecutor(1, () => ({ state: 'finished' }), 20)
    const desk = createDesk()
    const tasks = tasksOf(4)
    const orders = { desk, taskOf: (key: string) => tasks.find(task => task.key === key) }
    const seen: string[] = []
    desk.ask('start', ['2', '0', 'none', '0'])
    for await (const event of schedule([], executor, { orders })) {
      if (event.kind === 'metric') continue
      seen.push(`${event.kind} ${event.key}${event.kind === 'ended' ? ` ${event.ending.state}` : ''}`)
      if (event.kind === 'started' && log.starts.length === 1) {
        desk.ask('stop', ['2', '0'])
        desk.ask('start', ['2'])
      }
      if (event.kind === 'ended' && event.ending.state === 'finished') {
        desk.close()
        assert.throws(() => desk.ask('start', ['3']), /takes no more orders/)
      }
    }
    // 0 was still waiting; 2 starts again once it has stopped.
    assert.deepEqual(seen, ['started 2', 'ended 0 stopped', 'ended 2 stopped', 'started 2', 'ended 2 finished'])
    assert.equal(log.most, 1)
  })
})
