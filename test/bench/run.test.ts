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
})
