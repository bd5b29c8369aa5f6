import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { parseArguments } from '../../scripts/bench/arguments.js'
import { jsonLine, median, type Row, table } from '../../scripts/bench/rows.js'

const known = ['memory', 'blocks']

describe('the command line of npm run bench', () => {
  it('runs what is named, once and in that order, and everything when nothing is', () => {
    assert.deepEqual(parseArguments(['blocks', 'memory', 'blocks'], known).names, ['blocks', 'memory'])
    assert.deepEqual(parseArguments([], known), { names: known, rounds: 3, json: false })
    assert.deepEqual(parseArguments(['memory', '--json', '--rounds', '5'], known), {
      names: ['memory'],
      rounds: 5,
      json: true,
    })
  })

  it('names the benches there are when one is not known', () => {
    assert.throws(() => parseArguments(['memroy'], known), {
      message: 'No bench is called memroy. There are: memory, blocks.',
    })
  })

  it('ends with 1 and that message as a command', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench/main.ts', 'memroy'], {
      encoding: 'utf8',
    })
    assert.equal(status, 1)
    assert.equal(stderr.trim(), 'No bench is called memroy. There are: memory.')
  })
})

describe('the figures of a bench', () => {
  const row = (K: number, rounds: number[]): Row => ({ bench: 'memory', setting: { K }, rounds, unit: 'MiB' })

  it('are medians', () => {
    assert.equal(median([9, 1, 4]), 4)
    assert.equal(median([9, 1, 4, 5]), 4.5)
  })

  it('are one JSON object a row', () => {
    assert.deepEqual(JSON.parse(jsonLine(row(3, [12, 10, 11]))), {
      bench: 'memory',
      K: 3,
      ours: 11,
      spread: [10, 12],
      rounds: 3,
      unit: 'MiB',
    })
  })

  it('are compared with the smallest of their section', () => {
    const lines = table({ heading: 'Peak', rows: [row(1, [10, 11, 12]), row(10, [22])] }).split('\n')
    assert.equal(lines[0], 'Peak')
    assert.match(lines[2]!, /1 +11\.0 +10\.0 – 12\.0 +1\.000$/)
    assert.match(lines[3]!, /10 +22\.0 +22\.0 – 22\.0 +2\.000$/)
  })
})
