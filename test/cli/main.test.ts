import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adt } from './adt.js'

describe('the command line', function () {
  this.timeout(60_000)

  it('explains itself with examples', async () => {
    for (const command of ['sample', 'tune', 'evaluate', 'plan', 'pretrain', 'verify']) {
      const { stdout, exitCode } = await adt(command, '--help')
      assert.equal(exitCode, 0)
      assert.match(stdout, /Examples?:\n {2}\$ adt /)
    }
  })

  it('prints a plan, the same numbers as text and as JSON', async () => {
    const words = ['plan', '--schedule', 'scaled-linear', '--sampler', 'dpm-solver', '--steps', '4']
    const [table, json] = await Promise.all([adt(...words), adt(...words, '--json')])
    const rows = JSON.parse(json.stdout) as Record<string, number>[]
    const lines = table.stdout.split('\n')
    assert.equal(rows.length, 4)
    assert.equal(lines.length, 5)
    assert.equal(Number(lines[1]!.trim().split(/\s+/)[2]), Number(rows[0]!.a!.toPrecision(6)))
  })

  it('names what was wrong: 2 for a command that was not understood, 1 for the rest', async () => {
    const cases: [string[], RegExp, number][] = [
      [['plan', '--sheps', '3'], /unknown option '--sheps'\n\(Did you mean --steps\?\)/, 2],
      [['sampl'], /unknown command 'sampl'/, 2],
      [['sample'], /required option '--prompt <text>' not specified/, 2],
      [['tune', '--K', 'x'], /'--K <number>' argument 'x' is invalid/, 2],
      [['pretrain'], /a recipe is missing/, 2],
      [['plan', '--schedule', 'linear', '--steps', '2000'], /--steps: steps must be an integer from 1 to 1000/, 1],
      [['plan', '--model', 'nosuch'], /nosuch: no such folder; a model is a folder that diffusers saved/, 1],
      [['pretrain', 'nosuch.json'], /nosuch\.json: cannot be read \(ENOENT\)/, 1],
    ]
    for (const [words, message, status] of cases) {
      const { stderr, exitCode } = await adt(...words)
      assert.match(stderr, message)
      assert.equal(exitCode, status, words.join(' '))
    }
  })

  it('goes on with a run that Ctrl-C stopped, without gap or repeat in its metrics', async () => {
    const root = mkdtempSync(join(tmpdir(), 'adt-cli-'))
    const run = join(root, 'run')
    try {
      const words = ['pretrain', 'emoji-clip', '--batch', '2', '--steps', '12', '--report-every', '1', '--run', run]
      const child = adt(...words)
      child.stderr!.once('data', () => child.kill('SIGINT'))
      const first = await child
      assert.match(first.stdout, /stopped; go on with: adt pretrain --resume/)
      assert.equal(first.exitCode, 130)
      const again = await adt('pretrain', '--resume', run)
      assert.match(again.stdout, /model: /, again.stderr)
      const { readFileSync } = await import('node:fs')
      const steps = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { kind: string; iteration: number })
        .filter(({ kind }) => kind === 'step')
        .map(({ iteration }) => iteration)
      assert.equal(new Set(steps).size, steps.length)
      assert.ok(steps.every((step, i) => i === 0 || step > steps[i - 1]!))
      assert.equal(steps.at(-1), 12)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
