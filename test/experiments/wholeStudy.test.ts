import { strict as assert } from 'node:assert'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  parseStudy,
  readMetrics,
  readTrials,
  scaleFolder,
  stateOf,
  type Table,
  trialsOf,
} from '../../src/experiments/index.js'
import { adt } from '../cli/adt.js'
import { tinyStudy } from './tinyStudy.js'

describe('adt study run', function () {
  this.timeout(300_000)
  let root: string
  let file: string
  const study = parseStudy(tinyStudy())
  const keys = trialsOf(study).map(({ key }) => key)
  const [ft, tuned] = keys as [string, string]
  const folderOf = (at: string) => scaleFolder('emoji', join(root, at))
  const run = (at: string) => adt('study', 'run', file, '--folder', join(root, at), '--slots', '1')
  const trialsAt = (at: string) => new Map(readTrials(folderOf(at)).map(stored => [stored.trial.key, stored]))
  const linesAt = (at: string, key: string) => readMetrics(join(folderOf(at), 'trials', key))
  /** All that a trial measured but for the time it took. */
  const measured = (at: string) => keys.map(key => linesAt(at, key).map(({ seconds: _seconds, ...line }) => line))

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'adt-study-'))
    file = join(root, 'tiny.json')
    writeFileSync(file, JSON.stringify(study))
    const { exitCode, stderr, stdout } = await run('whole')
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /2 finished, 0 stopped early, 0 failed, 0 missing/)
    assert.match(stdout, /^FT +1\/1 /m)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  it('leaves each trial’s settings, metrics, figures, scores, images and model, and nothing in between', () => {
    for (const { folder, result } of trialsAt('whole').values()) {
      assert.deepEqual(readdirSync(folder).sort(), [
        ...['metrics.jsonl', 'model', 'result.json', 'samples-ddim.png', 'scores', 'trial.json'],
      ])
      const lines = readMetrics(folder)
      assert.deepEqual(
        lines.map(({ sequence }) => sequence),
        lines.map((_, index) => index),
      )
      const evaluations = lines.filter(({ kind }) => kind === 'evaluation')
      assert.deepEqual(
        evaluations.map(({ iteration }) => iteration),
        [2, 4],
      )
      assert.equal(result!.metrics!.ddim!.fd, evaluations[1]!.fd)
      const scores = JSON.parse(readFileSync(join(folder, 'scores', 'ddim.json'), 'utf8')) as { text: number[] }
      assert.equal(scores.text.length, 8)
    }
  })

  it('the whole of it killed in the middle and run again, it does only what was missing, with the same figures', async () => {
    const killed = run('killed')
    while (!linesAt('killed', tuned).some(({ iteration }) => iteration === 2)) await wait(50)
    killed.kill('SIGKILL')
    assert.equal((await killed).signal, 'SIGKILL')
    // The trial hears that its parent is gone, and ends.
    while (stateOf(trialsAt('killed').get(tuned)) === 'running') await wait(50)
    assert.equal(stateOf(trialsAt('killed').get(tuned)), 'interrupted')
    const done = trialsAt('killed').get(ft)!.result!
    assert.equal(done.state, 'finished')

    const again = await run('killed')
    assert.equal(again.exitCode, 0, again.stderr)
    assert.deepEqual(trialsAt('killed').get(ft)!.result, done, 'what was finished is as it was')
    assert.deepEqual(measured('killed'), measured('whole'))
  })

  it('with everything done it starts nothing', async () => {
    const before = [...trialsAt('whole').values()]
    const { exitCode, stderr } = await run('whole')
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual([...trialsAt('whole').values()], before)
  })

  it('Ctrl-C stops it with a checkpoint, status 130, and says what is missing', async () => {
    const running = run('interrupted')
    while (!linesAt('interrupted', ft).some(({ iteration }) => iteration === 1)) await wait(50)
    running.kill('SIGINT')
    const { exitCode, stderr } = await running
    assert.equal(exitCode, 130, stderr)
    assert.match(stderr, /0 finished, 0 stopped early, 0 failed, 2 missing/)
    const stopped = trialsAt('interrupted').get(ft)!
    assert.equal(stateOf(stopped), 'interrupted')
    assert.ok(existsSync(join(stopped.folder, 'checkpoints')))
  })

  it('is shown as JSON, and as a table that says how to run what is missing', async () => {
    const where = ['--folder', join(root, 'whole')]
    const { rows } = JSON.parse((await adt('study', 'show', file, '--json', ...where)).stdout) as Table
    assert.deepEqual(
      rows.map(({ method, seeds }) => [method, seeds]),
      [
        ['FT', 1],
        ['ADT', 1],
      ],
    )
    assert.equal(rows[0]!.fd!.mean, trialsAt('whole').get(ft)!.result!.metrics!.ddim!.fd)
    const { stdout } = await adt('study', 'show', file, '--markdown', '--seeds', '2', ...where)
    assert.match(stdout, /\| FT \| 1\/2 \|/)
    assert.match(stdout, /npx adt study run \S+tiny\.json --scale emoji --seeds 2 --folder \S+whole/)
  })

  it('says what is wrong before it starts anything', async () => {
    const unknown = await adt('study', 'run', 'table-9')
    assert.equal(unknown.exitCode, 2)
    assert.match(unknown.stderr, /no such study/)
    const method = await adt('study', 'run', file, '--only', 'gan')
    assert.equal(method.exitCode, 2)
    assert.match(method.stderr, /tiny has no method gan; it has ft, adt/)
    const lacking = await adt('study', 'run', 'table-3', '--scale', 'paper', '--folder', join(root, 'paper'))
    assert.equal(lacking.exitCode, 1)
    assert.match(lacking.stderr, /table-3 cannot be run here:\nweights\/stable-diffusion-v1-5: no such folder/)
  })
})
