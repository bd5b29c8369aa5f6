import { strict as assert } from 'node:assert'
import { rmSync } from 'node:fs'
import {
  createTrial,
  type MetricLine,
  parseStudy,
  readResult,
  type Study,
  trialsOf,
} from '../../src/experiments/index.js'
import { takeLock } from '../../src/experiments/lock.js'
import { runTrial } from '../../src/experiments/runTrial.js'
import { newFolder } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

/** A study of one plain finetuning that moves far: its learning rate is high from the first iteration on. */
const finetuning = (iterations: number, tuning: Record<string, number | string> = {}): Study => {
  const settings = {
    method: 'ft',
    iterations,
    evaluateEvery: 1,
    tuning: { learningRate: 0.003, warmup: 0, decay: 'none', ...tuning },
  }
  return parseStudy(tinyStudy({ methods: { ft: { label: 'FT', settings } }, against: 'ft' }))
}

describe('a trial', function () {
  this.timeout(120_000)
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function run(study: Study, signal = new AbortController().signal) {
    const own = createTrial(folder, study, trialsOf(study)[0]!)
    const lines: MetricLine[] = []
    const running = runTrial(own, signal)
    for (;;) {
      const next = await running.next()
      if (next.done) return { own, lines, finished: next.value, result: readResult(own) }
      lines.push(next.value)
    }
  }

  const evaluation = (lines: MetricLine[], iteration: number) => {
    const { fd, text, nearness } = lines.find(line => line.kind === 'evaluation' && line.iteration === iteration)!
    return { fd, text, nearness }
  }

  it('is measured on the way as at the end of one that is as long', async () => {
    const longer = await run(finetuning(3))
    const shorter = await run(finetuning(2))
    assert.deepEqual(evaluation(longer.lines, 2), evaluation(shorter.lines, 2))
    assert.notDeepEqual(evaluation(longer.lines, 1), evaluation(longer.lines, 2))
    assert.deepEqual(shorter.result!.metrics!.ddim, evaluation(shorter.lines, 2))
  })

  it('that has finished gives its lines again and does nothing', async () => {
    const first = await run(finetuning(1))
    const again = await run(finetuning(1))
    assert.ok(first.finished && again.finished)
    assert.deepEqual(again.lines, first.lines)
    assert.deepEqual(again.result, first.result)
  })

  it('whose numbers stop being finite has failed, and says how', async () => {
    const study = finetuning(20, { learningRate: 1e30 })
    await assert.rejects(run(study), /not finite/)
    const { state, message } = readResult(createTrial(folder, study, trialsOf(study)[0]!))!
    assert.equal(state, 'failed')
    assert.match(message!, /is not finite/)
  })

  it('that another process runs is left alone', async () => {
    const study = finetuning(1)
    const lock = takeLock(createTrial(folder, study, trialsOf(study)[0]!))!
    await assert.rejects(run(study), /another process is running this trial/)
    lock.release()
  })

  it('aborted before it began leaves no result', async () => {
    const { finished, result } = await run(finetuning(2), AbortSignal.abort())
    assert.equal(finished, false)
    assert.equal(result, undefined)
  })
})
