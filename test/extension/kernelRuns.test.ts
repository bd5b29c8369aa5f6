import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kernel } from '@jupyterlab/services'
import { followKernelRun, kernelRuns } from '../../extension/src/live/kernelRuns.js'
import type { RunSource } from '../../extension/src/live/source.js'
import { toolbarState } from '../../extension/src/live/toolbarModel.js'
import type { HostComm } from '../../src/notebook/host.js'
import { progress } from '../../src/notebook/progress.js'
import { publishRun } from '../../src/notebook/runStream.js'
import { createDesk } from '../../src/tuning/control.js'
import type { Action } from '../../src/tuning/index.js'

const key = Symbol.for('adt.host')
const globals = globalThis as Record<symbol, unknown>

type Handler = (message: { data: unknown }) => unknown
interface Sent {
  readonly time: number
  readonly bytes: number
  readonly data: { type: string }
}

/** A kernel and a page in one process: what goes between them is copied, as a connection does, or lost. */
function connect({ loses = () => false }: { loses?: () => boolean } = {}) {
  let serve: ((comm: HostComm) => unknown) | undefined
  const sent: Sent[] = []
  const opened: { close(): void }[] = []
  globals[key] = {
    display() {},
    onComm(_target: string, handler: (comm: HostComm) => unknown) {
      serve = handler
    },
  }
  const kernel = {
    id: `kernel-${Math.random()}`,
    name: 'adt',
    isDisposed: false,
    handleComms: true,
    connectionStatusChanged: { connect() {}, disconnect() {} },
    createComm(target: string) {
      let hear: Handler = () => {}
      let left: () => unknown = () => {}
      const page = {
        isDisposed: false,
        onMsg: (_: unknown) => {},
        onClose: (_: unknown) => {},
        open() {
          assert.equal(target, 'adt.run')
          serve!({
            send(data, { buffers = [] } = {}) {
              const copies = buffers.map(buffer => new DataView(Uint8Array.from(buffer).buffer))
              const bytes = copies.reduce((sum, { byteLength }) => sum + byteLength, 0)
              sent.push({ time: performance.now(), bytes, data: data as Sent['data'] })
              if (loses()) return
              const content = { data: JSON.parse(JSON.stringify(data)) }
              setImmediate(() => page.isDisposed || page.onMsg({ content, buffers: copies }))
            },
            close: () => page.close(),
            onMessage: handler => {
              hear = handler
            },
            onClose: handler => {
              left = handler
            },
          })
        },
        send: (data: unknown) => void setImmediate(() => hear({ data: JSON.parse(JSON.stringify(data)) })),
        close() {
          if (page.isDisposed) return
          page.isDisposed = true
          left()
          page.onClose({})
        },
      }
      opened.push(page)
      return page
    },
  }
  return { kernel: kernel as unknown as Kernel.IKernelConnection, sent, opened }
}

const point = (iteration: number) =>
  ({ kind: 'point', iteration, values: { 'losses.adversarial': iteration } }) as const

async function until(what: () => boolean, words: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(10)) if (what()) return
  throw new Error(`in vain waited for ${words}`)
}

const whole = (source: RunSource, count: number) =>
  source.data.iterations.length === count && source.data.iterations.every((iteration, i) => iteration === i + 1)

describe('a run between a kernel and a page', () => {
  const sources: RunSource[] = []
  const follow = (kernel: Kernel.IKernelConnection, run: string) => {
    const source = followKernelRun(kernel, run)
    sources.push(source)
    return source
  }
  afterEach(() => {
    for (const source of sources.splice(0)) source.dispose()
    delete globals[key]
  })

  it('arrives whole, at most ten messages a second, in buffers', async () => {
    const { kernel, sent } = connect()
    const run = publishRun({ label: 'r' })
    const source = follow(kernel, run.run)
    for (let iteration = 1; iteration <= 300; iteration++) {
      run.append(point(iteration))
      if (iteration % 20 === 0) await sleep(60)
    }
    run.describe({ status: 'done' })
    await until(() => whole(source, 300) && source.about?.status === 'done', 'the run')
    const times = sent.map(({ time }) => time)
    const gaps = times.slice(1).map((time, i) => time - times[i]!)
    assert.ok(Math.min(...gaps) > 80, `${Math.min(...gaps)} ms apart`)
    assert.ok(sent.every(({ data }) => !JSON.stringify(data).includes('"adversarial"')))
  })

  it('has two views on one stream, and closes it with the last of them', async () => {
    const { kernel, sent, opened } = connect()
    const run = publishRun({ label: 'r' })
    const [first, second] = [follow(kernel, run.run), follow(kernel, run.run)]
    for (let iteration = 1; iteration <= 20; iteration++) run.append(point(iteration))
    await until(() => whole(first, 20) && whole(second, 20), 'both views')
    assert.equal(first.data, second.data)
    assert.equal(opened.length, 1)
    assert.ok(run.followed)
    const before = sent.length
    first.dispose()
    first.dispose()
    run.append(point(21))
    await until(() => whole(second, 21), 'the view that stays')
    assert.ok(sent.length > before)
    second.dispose()
    await until(() => !run.followed, 'the end of the stream')
  })

  it('loses and doubles nothing where messages are lost and the line breaks', async () => {
    let turn = 0
    const { kernel, opened } = connect({ loses: () => ++turn % 3 === 0 })
    const run = publishRun({ label: 'r' })
    const source = follow(kernel, run.run)
    for (let iteration = 1; iteration <= 60; iteration++) {
      run.append(point(iteration))
      if (iteration === 30) opened[0]!.close()
      const { iterations } = source.data
      assert.deepEqual(
        iterations,
        iterations.map((_, i) => i + 1),
      )
      await sleep(20)
    }
    await until(() => whole(source, 60), 'what was lost')
    assert.ok(opened.length > 1, 'the line was opened anew')
  }).timeout(30_000)

  it('sends large pictures one by one, slowly enough for the server', async () => {
    const { kernel, sent } = connect()
    const run = publishRun({ label: 'r' })
    const source = follow(kernel, run.run)
    const pixels = new Uint8Array(256 * 256 * 3)
    for (let index = 0; index < 4; index++) {
      run.append({ kind: 'picture', iteration: 1, index, of: 4, height: 256, width: 256, pixels })
    }
    await until(() => source.data.samples[0]?.pictures.every(Boolean) ?? false, 'the pictures')
    const pictures = sent.filter(({ bytes }) => bytes > 0)
    assert.equal(pictures.length, 4)
    const seconds = (pictures.at(-1)!.time - pictures[0]!.time) / 1000
    assert.ok((3 * pixels.length) / seconds < 800_000, `${(3 * pixels.length) / seconds} bytes a second`)
  })

  it('says from its first event on whether samples can be asked for, and why not', async () => {
    const { kernel } = connect()
    const cases = [
      { prompts: ['red apple'], off: undefined },
      { prompts: [], off: 'This run has no prompts to draw.' },
    ]
    for (const { prompts, off } of cases) {
      const values = { lambda: 0.5, learningRate: { generator: 1e-4, discriminator: 1e-4 } }
      const { control } = createDesk(values, prompts.length > 0)
      const shown = progress()
      shown.show({ kind: 'start', total: 10, settings: {}, prompts, control })
      const source = follow(kernel, shown.view().runs[0]!.stream!)
      await until(() => source.about?.status === 'running', 'the start')
      const { canStop, sampleOff } = toolbarState(source)
      assert.deepEqual({ canStop, sampleOff }, { canStop: true, sampleOff: off })
      shown.stop()
    }
  })

  it('carries requests to the run, and its words back', async () => {
    const { kernel } = connect()
    const run = publishRun({ label: 'r' })
    const source = follow(kernel, run.run)
    await assert.rejects(source.act({ do: 'pause' }), /takes no requests/)
    const asked: Action[] = []
    run.obey(action => {
      if (action.do === 'lambda') throw new RangeError('there is no λ')
      asked.push(action)
    })
    await source.act({ do: 'pause' })
    assert.deepEqual(asked, [{ do: 'pause' }])
    await assert.rejects(source.act({ do: 'lambda', value: 1 }), /there is no λ/)
    run.describe({ status: 'done' })
    await assert.rejects(source.act({ do: 'stop' }), /has ended/)
  })

  it('lists the runs of a kernel, and says of another that it is not known', async () => {
    const { kernel } = connect()
    const run = publishRun({ label: 'the latest' })
    const [latest] = await kernelRuns(kernel)
    assert.deepEqual(latest, { run: run.run, label: 'the latest', status: 'starting' })
    const unknown = follow(kernel, 'nobody')
    await until(() => unknown.problem !== undefined, 'the answer')
    assert.match(unknown.problem!, /does not know this run/)
  })

  it('says what a message of another version or a hostile one is', async () => {
    const { kernel } = connect()
    const run = publishRun({ label: 'r' })
    const source = follow(kernel, run.run)
    await until(() => source.about !== undefined, 'the run')
    const comm = kernel.createComm('adt.run')
    comm.open({})
    let answer: unknown
    comm.onMsg = ({ content }) => {
      answer = content.data
    }
    for (const hostile of [null, 7, { version: 9 }, { version: 1, type: 'since', run: run.run, sequence: -1 }]) {
      answer = undefined
      comm.send(hostile as never)
      await until(() => answer !== undefined, 'an answer')
      assert.equal((answer as { type: string }).type, 'runs')
    }
  })
})
