import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ddim, linearSchedule } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import {
  type Control,
  type Ending,
  type ProgressEvent,
  parseSettings,
  run,
  type TuneSettings,
} from '../../src/tuning/index.js'
import { tinyData, tinyFeatures, tinyTunable, tinyWeights } from './tiny.js'

const given: TuneSettings = {
  data: tinyData(),
  sampler: ddim(linearSchedule(), 5),
  features: tinyFeatures(),
  discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
  batch: 4,
  K: 2,
  H: 1,
  iterations: 6,
  learningRate: 1e-3,
  warmup: 0,
  decay: 'none',
  prompts: ['a'],
}

interface Outcome {
  events: ProgressEvent[]
  ending: Ending
  weights: number[] | undefined
}

/** Runs to the end; `react` sees each event and may use the control, or throw to leave the loop. */
async function steer(
  more: Partial<TuneSettings>,
  react: (event: ProgressEvent, control: Control) => void,
): Promise<Outcome> {
  const weights = tinyWeights()
  const running = run(tinyTunable(), weights, parseSettings({ ...given, ...more }))
  const events: ProgressEvent[] = []
  let control!: Control
  let result: number[] | undefined
  try {
    for (;;) {
      const next = await running.next()
      if (next.done) {
        result =
          next.value &&
          Object.keys(next.value)
            .sort()
            .flatMap(name => [...next.value![name]!.dataSync()])
        if (next.value) tf.dispose(next.value)
        break
      }
      events.push(next.value)
      if (next.value.kind === 'start') control = next.value.control
      react(next.value, control)
    }
  } finally {
    await running.return(undefined)
    tf.dispose(weights)
  }
  return { events, ending: await control.ended, weights: result }
}

const afterStep = (iteration: number, act: (control: Control) => void) => (event: ProgressEvent, control: Control) => {
  if (event.kind === 'step' && event.iteration === iteration) act(control)
}
const kinds = (events: ProgressEvent[]) =>
  events.map(event => ('iteration' in event ? `${event.kind} ${event.iteration}` : event.kind))

describe('the control of a run', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-control-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('changes λ and the learning rate from the next iteration on, and the record says so', async () => {
    const { events, weights } = await steer(
      {},
      afterStep(3, control => {
        control.act({ do: 'lambda', value: 5 })
        control.act({ do: 'learningRate', value: 1e-4, network: 'generator' })
      }),
    )
    const changes = events.filter(event => event.kind === 'change')
    assert.deepEqual(
      changes.map(({ iteration, name, value }) => [iteration, name, value]),
      [
        [4, 'lambda', 5],
        [4, 'learningRate.generator', 1e-4],
      ],
    )
    const rates = events.filter(event => event.kind === 'step').map(({ learningRate }) => learningRate)
    assert.deepEqual(
      rates.map(({ generator }) => generator),
      [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4],
    )
    assert.ok(rates.every(({ discriminator }) => discriminator === 1e-3))
    const whole = await steer({}, () => {})
    assert.notDeepEqual(weights, whole.weights)
    const norms = (all: ProgressEvent[]) =>
      all.filter(event => event.kind === 'step').map(({ gradientNorms }) => gradientNorms.diffusion!)
    const [changed, plain] = [norms(events), norms(whole.events)]
    assert.equal(changed[2], plain[2])
    assert.ok(Math.abs(changed[3]! / plain[3]! - 10) < 1e-3, `${changed[3]} is ten times ${plain[3]}`)
  })

  it('a run that goes on has the changed values, whether they came before its checkpoint or after', async () => {
    const change = afterStep(3, control => control.act({ do: 'lambda', value: 5 }))
    const whole = await steer({}, change)
    for (const checkpointEvery of [2, 5]) {
      const own = join(folder, String(checkpointEvery))
      const crash = steer({ folder: own, checkpointEvery }, (event, control) => {
        change(event, control)
        if (event.kind === 'step' && event.iteration === 6) throw new Error('crash')
      })
      await assert.rejects(crash, /crash/)
      const resumed = await steer({ folder: own, checkpointEvery, resume: true }, () => {})
      assert.deepEqual(resumed.weights, whole.weights)
    }
    const again = join(folder, 'again')
    const early = steer({ folder: again, checkpointEvery: 2 }, (event, control) => {
      change(event, control)
      if (event.kind === 'step' && event.iteration === 4) throw new Error('crash')
    })
    await assert.rejects(early, /crash/)
    const replayed = await steer({ folder: again, checkpointEvery: 2, resume: true }, () => {})
    assert.deepEqual(kinds(replayed.events).slice(0, 4), ['start 3', 'step 3', 'change 4', 'step 4'])
    assert.deepEqual(replayed.weights, whole.weights)
  })

  it('a new run in the folder of one that came to no checkpoint starts with its own values', async () => {
    const left = steer({ folder, checkpointEvery: 100 }, (event, control) => {
      if (event.kind === 'step') control.act({ do: 'lambda', value: 5 })
      if (event.kind === 'step' && event.iteration === 3) throw new Error('crash')
    })
    await assert.rejects(left, /crash/)
    assert.deepEqual(readdirSync(folder), ['changes.json'])
    const { weights } = await steer({ folder }, () => {})
    assert.deepEqual(weights, (await steer({}, () => {})).weights)
    writeFileSync(join(folder, 'changes.json'), '{"version": 1}')
    await assert.rejects(
      steer({ folder, resume: true }, () => {}),
      /changes\.json: .*remove it/,
    )
  })

  it('pauses between iterations, draws meanwhile if asked, and goes on', async () => {
    const { events, ending, weights } = await steer({}, (event, control) => {
      if (event.kind === 'step' && event.iteration === 2) control.act({ do: 'pause' })
      if (event.kind === 'paused') {
        assert.equal(control.paused, true)
        setTimeout(() => control.act({ do: 'sample' }), 20)
      }
      if (event.kind === 'samples') setTimeout(() => control.act({ do: 'resume' }), 20)
    })
    assert.deepEqual(kinds(events).slice(2, 7), ['step 2', 'paused 2', 'samples 2', 'resumed 2', 'step 3'])
    assert.equal(ending.status, 'done')
    assert.deepEqual(weights, (await steer({}, () => {})).weights, 'waiting changes nothing')
  })

  it('draws samples once when asked while it runs', async () => {
    const { events } = await steer(
      {},
      afterStep(2, control => control.act({ do: 'sample' })),
    )
    assert.deepEqual(
      kinds(events).filter(kind => kind.startsWith('samples')),
      ['samples 3'],
    )
  })

  it('stops with a checkpoint, paused or not', async () => {
    for (const paused of [false, true]) {
      const own = join(folder, String(paused))
      const { events, ending, weights } = await steer(
        { folder: own },
        afterStep(2, control => {
          if (paused) control.act({ do: 'pause' })
          if (paused) setTimeout(() => control.act({ do: 'stop' }), 20)
          else control.act({ do: 'stop' })
        }),
      )
      assert.deepEqual([events.at(-1)!.kind, ending.status, weights], ['checkpoint', 'stopped', undefined])
      assert.ok(readFileSync(join(own, 'iteration-0000002', 'state.json')).length > 0)
    }
  })

  it('leaves a pause when it is aborted, and tells how a run ended', async () => {
    const controller = new AbortController()
    const { events, ending } = await steer({ signal: controller.signal }, (event, control) => {
      if (event.kind === 'step') control.act({ do: 'pause' })
      if (event.kind === 'paused') setTimeout(() => controller.abort(), 20)
    })
    assert.deepEqual([kinds(events).at(-1), ending], ['paused 1', { status: 'stopped' }])

    const bad = {
      ...tinyTunable(),
      encode: (captions: string[]) => tf.fill([captions.length, 4], Number.NaN) as tf.Tensor2D,
    }
    const weights = tinyWeights()
    const failing = run(bad, weights, parseSettings(given))
    const { control } = (await failing.next()).value as ProgressEvent & { kind: 'start' }
    await assert.rejects(failing.next(), /not finite/)
    const failed = await control.ended
    assert.equal(failed.status, 'failed')
    assert.match(failed.message!, /not finite/)
    tf.dispose(weights)
  })

  it('refuses what cannot be done, in words', async () => {
    await steer({ method: 'ft', prompts: [] }, (event, control) => {
      if (event.kind !== 'start') return
      assert.throws(() => control.act({ do: 'lambda', value: 1 }), /plain finetuning has no λ/)
      assert.throws(() => control.act({ do: 'sample' }), /no prompts/)
      assert.throws(() => control.act({ do: 'learningRate', value: -1 }), RangeError)
      assert.throws(() => control.act({ do: 'explode' } as never), RangeError)
      assert.deepEqual(event.settings.method, 'ft')
    })
  })

  it('frees its tensors whichever way it ends', async () => {
    await steer({}, () => {})
    const before = tf.memory().numTensors
    await steer(
      {},
      afterStep(2, control => control.act({ do: 'stop' })),
    )
    await steer({}, (event, control) => {
      if (event.kind === 'step') control.act({ do: 'sample' })
    })
    assert.equal(tf.memory().numTensors, before)
  })
})
