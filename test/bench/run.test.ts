import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { benchPython } from '../../scripts/bench/python.js'

describe('npm run bench', () => {
  it('prints a line of JSON for what it measured, with the peer where there is one', function () {
    this.timeout(120_000)
    const args = [
      '--import',
      'tsx',
      'scripts/bench/main.ts',
      'dispatch',
      '--only',
      'eager-add',
      '--rounds',
      '1',
      '--json',
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const { bench, part, ours, peer, peerName, ratio, unit, machine } = JSON.parse(stdout)
    assert.deepEqual({ bench, part, unit }, { bench: 'dispatch', part: 'eager-add', unit: 'µs' })
    assert.ok(ours > 0)
    assert.match(machine.ours.tensorflow, /^2\./)
    if (benchPython()) {
      assert.equal(peerName, 'PyTorch eager')
      assert.equal(ratio, ours / peer)
      assert.match(machine.peer.torch, /^\d+\./)
    } else {
      assert.deepEqual({ peer, peerName, ratio }, { peer: null, peerName: null, ratio: null })
      assert.match(stderr, /npm run bench -- setup/)
    }
  })

  it('tunes a model in the layout of Stable Diffusion 3, phase by phase', function () {
    this.timeout(120_000)
    const options = '--model sd3 --size small --batch 2 --only run --iterations 2 --checkpointing off --json'
    const args = ['--import', 'tsx', 'scripts/bench/main.ts', 'full-size', ...options.split(' ')]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const lines = stdout.trim().split('\n')
    const figures = new Map(
      lines.map(line => JSON.parse(line)).map(({ figure, ours, unit }) => [figure, { ours, unit }]),
    )
    const update = 'iteration 2, generator too'
    const phases = [
      'encode',
      'rollout',
      'decode',
      'discriminator and judgement',
      "decoder's pull-back",
      'pull-backs and update',
    ]
    let sum = 0
    for (const phase of phases) {
      const { ours, unit } = figures.get(`${update}: ${phase}`)!
      assert.equal(unit, 's')
      assert.ok(ours > 0)
      assert.ok(figures.get(`${update}: ${phase}, memory at most`)!.ours > 0)
      sum += ours
    }
    // What is between an iteration's phases is little.
    const { ours: whole } = figures.get(update)!
    assert.ok(Math.abs(sum / whole - 1) < 0.1, `${sum} of ${whole} s`)
    assert.equal(figures.get(`${update}: pull-backs`)!.ours, 4)
    assert.ok(figures.get('iteration, mean of 5 with one update')!.ours > 0)
    assert.ok(!figures.has('iteration 1: pull-backs and update'))
  })
})
