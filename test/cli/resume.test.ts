import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { adt } from './adt.js'

/** Six iterations on the embedded model, a checkpoint after each. */
const tune = (run: string) =>
  adt(
    ...['tune', '--model', 'emoji', '--data', 'fluent', '--sampler', 'ddim', '--steps', '4', '--batch', '2'],
    ...['--iterations', '6', '--checkpoint-every', '1', '--run', run],
  )

const logged = (run: string) => {
  const file = join(run, 'metrics.jsonl')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** All that a run logged but for the time and the memory it took and where it was. */
const metrics = (run: string) =>
  logged(run)
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
    .map(({ seconds: _seconds, memory: _memory, folder: _folder, ...rest }) => rest)

function weights(run: string): string {
  const folder = join(run, 'model', 'unet')
  const files = readdirSync(folder).filter(name => name.endsWith('.safetensors'))
  assert.equal(files.length, 1)
  return createHash('sha256')
    .update(readFileSync(join(folder, files[0]!)))
    .digest('hex')
}

describe('adt tune --resume', () => {
  it('after SIGKILL ends with the weights and the metrics of a run that was left alone', async function () {
    this.timeout(180_000)
    const root = mkdtempSync(join(tmpdir(), 'adt-resume-'))
    const [whole, killed] = [join(root, 'whole'), join(root, 'killed')]
    try {
      const uninterrupted = await tune(whole)
      assert.equal(uninterrupted.exitCode, 0, uninterrupted.stderr)

      const child = tune(killed)
      let ended = false
      void child.then(() => {
        ended = true
      })
      while (!ended && !logged(killed).includes('{"kind":"step","iteration":3,')) await setTimeout(20)
      child.kill('SIGKILL')
      assert.equal((await child).signal, 'SIGKILL')
      assert.equal(existsSync(join(killed, 'model')), false)

      const resumed = await adt('tune', '--resume', killed)
      assert.equal(resumed.exitCode, 0, resumed.stderr)
      assert.match(resumed.stdout, /^tuned model: /)
      assert.equal(weights(killed), weights(whole))
      assert.deepEqual(metrics(killed), metrics(whole))
      const steps = metrics(killed).filter(({ kind }) => kind === 'step')
      assert.deepEqual(
        steps.map(({ iteration }) => iteration),
        [1, 2, 3, 4, 5, 6],
      )
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
