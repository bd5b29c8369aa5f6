import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addRecord, createRunData, mostSamples } from '../../src/views/runData.js'
import type { LogRecord, Picture, Point } from '../../src/views/stream.js'
import { type Bytes, decodeGroups, encodeRecords } from '../../src/views/streamCodec.js'
import { createRunLog, type RunLog } from '../../src/views/streamLog.js'
import { createStreamModel, type StreamModel } from '../../src/views/streamModel.js'

const plain = { noNullPrototype: true } as const
/** JSON has no −0. */
const float = fc.float({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)
const anyPoint = (iteration: number): fc.Arbitrary<Point> =>
  fc.record(
    {
      kind: fc.constant('point' as const),
      iteration: fc.constant(iteration),
      values: fc.dictionary(fc.constantFrom('losses.adversarial', 'scores.real', 'seconds'), float, {
        noNullPrototype: true,
      }),
      gradients: fc.array(fc.record({ step: fc.nat(50), t: float, w: float, norm: float }, plain), {
        minLength: 1,
        maxLength: 3,
      }),
      images: fc.record(
        { real: fc.array(float, { minLength: 1, maxLength: 3 }), fake: fc.array(float, { maxLength: 3 }) },
        plain,
      ),
    },
    { requiredKeys: ['kind', 'iteration', 'values'], ...plain },
  )
const picture = (iteration: number, index = 0): Picture => ({
  kind: 'picture',
  iteration,
  index,
  of: 2,
  height: 1,
  width: 2,
  pixels: Uint8Array.from({ length: 6 }, (_, i) => (31 * iteration + 7 * index + i) % 256),
})
const anyRecord = (iteration: number): fc.Arbitrary<LogRecord> =>
  fc.oneof(
    { weight: 6, arbitrary: anyPoint(iteration) },
    { weight: 1, arbitrary: fc.nat(1).map(index => picture(iteration, index)) },
    fc.string({ maxLength: 9 }).map(message => ({ kind: 'note', iteration, message }) as const),
    float.map(value => ({ kind: 'change', iteration, name: 'lambda', value }) as const),
  )
/** Iterations rise by one, and fall now and then: a run that was resumed. */
const anyRecords = fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 60 }).chain(jumps => {
  let iteration = 0
  const iterations = jumps.map(([chance, back]) => {
    iteration = chance === 0 ? Math.max(1, iteration - back) : iteration + 1
    return iteration
  })
  return fc.tuple(...iterations.map(anyRecord))
})

/** What a reader would have who lost nothing. */
function whole(records: readonly LogRecord[]) {
  const data = createRunData()
  for (const record of records) addRecord(data, record)
  return data
}

describe('the log of a run on the wire', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyRecords, records => {
        const { groups, buffers } = encodeRecords(records)
        assert.deepEqual(decodeGroups(JSON.parse(JSON.stringify(groups)), buffers), records)
      }),
    )
  })

  it('joins what belongs together into one group', () => {
    const records: LogRecord[] = [1, 2, 3].map(iteration => ({
      kind: 'point',
      iteration,
      values: { seconds: iteration },
    }))
    const { groups, buffers } = encodeRecords([...records, { kind: 'gone' }, { kind: 'gone' }])
    assert.deepEqual(groups, [
      { kind: 'points', count: 3, columns: ['iteration', 'seconds'], buffer: 0 },
      { kind: 'gone', count: 2 },
    ])
    assert.equal(buffers[0]!.byteLength, 24)
  })

  it('is refused when a buffer is not as long as its group says', () => {
    const { groups, buffers } = encodeRecords([{ kind: 'point', iteration: 1, values: { seconds: 1 } }])
    assert.throws(() => decodeGroups(groups, []), /buffer 0 has no bytes, not 8/)
    assert.throws(() => decodeGroups(groups, [buffers[0]!.slice(1)]), RangeError)
  })
})

/** A connection on which messages arrive late, twice, in another order or not at all. */
function deliver(log: RunLog, model: StreamModel, chances: readonly number[]) {
  let clock = 0
  let [cursor, known] = [0, -1]
  const underway: { data: unknown; buffers: readonly Bytes[] }[] = []
  const send = (bytes: number) => {
    const { update, buffers, next } = log.read(cursor, bytes, known)
    underway.push({ data: JSON.parse(JSON.stringify(update)), buffers })
    ;[cursor, known] = [next, log.about.revision]
  }
  const ask = () => {
    const question = model.ask(clock)
    if (question?.type === 'since') [cursor, known] = [question.sequence, -1]
    return question !== undefined
  }
  return {
    step(reliable = false) {
      clock += 500
      const chance = chances[(clock / 500) % Math.max(1, chances.length)] ?? 9
      const asked = ask()
      if (asked || cursor < log.length) send(1 + 97 * chance)
      if (reliable) for (const { data, buffers } of underway.splice(0)) model.receive(data, buffers, clock)
      else if (chance < 3) underway.shift()
      else if (chance < 5 && underway.length > 0) model.receive(underway[0]!.data, underway[0]!.buffers, clock)
      else if (chance < 7 && underway.length > 0) {
        const { data, buffers } = underway.pop()!
        model.receive(data, buffers, clock)
      } else for (const { data, buffers } of underway.splice(0)) model.receive(data, buffers, clock)
    },
  }
}

describe('the model of a live run', () => {
  it('has every record once, in order, whatever the connection does', () => {
    fc.assert(
      fc.property(anyRecords, fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }), (records, chances) => {
        const log = createRunLog('r', { label: 'run' })
        const model = createStreamModel('r')
        const line = deliver(log, model, chances)
        for (const record of records) {
          log.append(record)
          line.step()
          assert.deepEqual(
            model.data,
            whole(records.slice(0, model.next)),
            'never anything but the beginning of the log',
          )
        }
        log.describe({ status: 'done' })
        for (let i = 0; i < 100 && (model.next < records.length || model.about?.status !== 'done'); i++) line.step(true)
        assert.equal(model.next, records.length)
        assert.deepEqual(model.data, whole(records))
        assert.equal(model.about?.status, 'done')
      }),
    )
  })

  const started = () => {
    const log = createRunLog('r', { label: 'run' })
    for (let iteration = 1; iteration <= 5; iteration++) log.append({ kind: 'point', iteration, values: {} })
    const model = createStreamModel('r')
    return { log, model }
  }
  const receive = (model: StreamModel, { update, buffers }: ReturnType<RunLog['read']>, now = 0) =>
    model.receive(update, buffers, now)

  it('asks for the whole run first, then for what it lacks, and for nothing when all is there', () => {
    const { log, model } = started()
    assert.deepEqual(model.ask(0), { version: 1, type: 'since', run: 'r', sequence: 0 })
    assert.equal(model.ask(100), undefined, 'the answer is awaited')
    receive(model, log.read(0, 30))
    const { next } = model
    assert.ok(next > 0 && next < 5)
    receive(model, log.read(4, 1000))
    assert.equal(model.next, next, 'what comes after a gap is not taken')
    assert.equal((model.ask(200) as { sequence: number }).sequence, next)
    receive(model, log.read(next, 1000))
    assert.equal(model.ask(300), undefined)
    assert.deepEqual(model.data.iterations, [1, 2, 3, 4, 5])
  })

  it('goes on after a reload of the page where another view would be', () => {
    const { log, model } = started()
    receive(model, log.read(0, 1e6))
    const second = createStreamModel('r')
    receive(second, log.read(0, 1e6))
    log.append({ kind: 'point', iteration: 6, values: {} })
    for (const reader of [model, second]) receive(reader, log.read(reader.next, 1e6))
    assert.deepEqual(second.data, model.data)
  })

  it('says when the connection is lost, and when it is back', () => {
    const { log, model } = started()
    assert.equal(model.connection, 'connecting')
    receive(model, log.read(0, 1e6))
    assert.equal(model.connection, 'live')
    for (let now = 15_000; now < 40_000; now += 1000) model.ask(now)
    assert.equal(model.connection, 'lost')
    receive(model, log.read(5, 1e6), 41_000)
    assert.equal(model.connection, 'live')
  })

  it('asks no more once the run has ended', () => {
    const { log, model } = started()
    log.describe({ status: 'stopped' })
    receive(model, log.read(0, 1e6))
    assert.equal(model.ask(1e9), undefined)
  })

  it('tells of another version and of a run that is gone; hostile messages change nothing', () => {
    const { model } = started()
    for (const hostile of [undefined, null, 7, 'x', [], { type: 'update' }, { version: 1, type: 'update', run: 'r' }]) {
      model.receive(hostile, [], 0)
      assert.ok(model.problem)
    }
    model.receive({ version: 2 }, [], 0)
    assert.match(model.problem!, /speaks version 2 .* version 1/)
    model.receive({ version: 1, type: 'runs', runs: [] }, [], 0)
    assert.match(model.problem!, /does not know this run/)
    assert.equal(model.next, 0)
    assert.equal(model.ask(1e6), undefined)
  })

  it('takes nothing from numbers below 0, from buffers of another type, or from counts that no buffer has', () => {
    const { log, model } = started()
    const { update, buffers } = log.read(0, 1e6)
    const [group] = update.groups
    const halves = new Uint8Array(new Float64Array([1, 2, 3]).buffer)
    const wrong: [unknown, readonly Bytes[]][] = [
      [{ ...update, from: -1 }, buffers],
      [{ ...update, length: -5 }, buffers],
      [{ ...update, from: 0.5 }, buffers],
      [update, [halves]],
      [update, [new Uint8Array(0)]],
      [{ ...update, groups: [{ ...group, count: 1e7 }] }, buffers],
      [{ ...update, groups: [{ ...group, count: -1 }] }, buffers],
      [{ ...update, groups: [{ ...group, buffer: -1 }] }, buffers],
      [{ ...update, groups: [{ ...group, buffer: 7 }] }, buffers],
      [{ ...update, groups: [{ ...group, columns: ['seconds', 'iteration'] }] }, buffers],
    ]
    for (const [data, own] of wrong) {
      model.receive(data, own, 0)
      assert.deepEqual([model.next, model.data.iterations], [0, []], JSON.stringify(data))
    }
    model.receive(update, buffers, 0)
    assert.equal(model.next, log.length, 'it goes on with what is right')
  })

  it('keeps pictures of the whole length of a long run', () => {
    const log = createRunLog('r', { label: 'run' })
    for (let iteration = 1; iteration <= 500; iteration++) log.append(picture(iteration))
    const model = createStreamModel('r')
    for (let i = 0; i < 20 && model.next < log.length; i++) receive(model, log.read(model.next, 1e6))
    const { samples } = model.data
    assert.equal(model.next, 500)
    assert.ok(samples.length > mostSamples / 3 && samples.length <= mostSamples, String(samples.length))
    assert.deepEqual([samples[0]!.iteration, samples.at(-1)!.iteration], [1, 500])
  })
})
