import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { parseArguments } from '../../scripts/bench/arguments.js'

const known = ['memory', 'blocks']
const defaults = { rounds: 5, json: false, peers: ['eager'] }

describe('the command line of npm run bench', () => {
  it('runs what is named, once and in that order, and everything when nothing is', () => {
    assert.deepEqual(parseArguments(['blocks', 'memory', 'blocks'], known).names, ['blocks', 'memory'])
    assert.deepEqual(parseArguments([], known), { names: known, ...defaults })
  })

  it('reads every option', () => {
    const { names: _, ...options } = parseArguments(
      'blocks --json --rounds 3 --peers eager,compile --only forward,pull-back --batch 1,4 --precision tf32,bf16 --K 1,5'.split(
        ' ',
      ),
      known,
    )
    assert.deepEqual(options, {
      json: true,
      rounds: 3,
      peers: ['eager', 'compile'],
      only: ['forward', 'pull-back'],
      batch: [1, 4],
      precision: ['tf32', 'bf16'],
      K: [1, 5],
    })
  })

  it('names the benches there are when one is not known', () => {
    assert.throws(() => parseArguments(['memroy'], known), {
      message: 'No bench is called memroy. There are: memory, blocks.',
    })
    assert.throws(() => parseArguments(['setup', 'memory'], known), /setup goes alone/)
    assert.deepEqual(parseArguments(['setup'], known).names, ['setup'])
  })

  it('ends with 1 and a message as a command', () => {
    const bench = (...args: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench/main.ts', ...args], { encoding: 'utf8' })
    const unknown = bench('memroy')
    assert.equal(unknown.status, 1)
    assert.match(unknown.stderr, /^No bench is called memroy\. There are: .*memory/)
    const wrong = bench('unet', '--precision', 'fp8')
    assert.equal(wrong.status, 1)
    assert.match(wrong.stderr, /--precision.*'fp8' is invalid. It must be of float32, tf32, bf16/)
  })
})
