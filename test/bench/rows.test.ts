import assert from 'node:assert/strict'
import { jsonLine, median, type Row, table } from '../../scripts/bench/rows.js'

describe('the figures of a bench', () => {
  const row = (K: number, rounds: number[], peer: Row['peer'] = null): Row => ({
    bench: 'memory',
    setting: { K },
    rounds,
    peer,
    unit: 'MiB',
  })
  const eager = { name: 'PyTorch eager', rounds: [20, 30, 22] }

  it('are medians', () => {
    assert.equal(median([9, 1, 4]), 4)
    assert.equal(median([9, 1, 4, 5]), 4.5)
  })

  it('are one JSON object a row', () => {
    assert.deepEqual(JSON.parse(jsonLine(row(3, [12, 10, 11], eager), { cpu: 'some' })), {
      bench: 'memory',
      K: 3,
      ours: 11,
      peer: 22,
      peerName: 'PyTorch eager',
      ratio: 0.5,
      unit: 'MiB',
      spread: [10, 12],
      peerSpread: [20, 30],
      rounds: 3,
      machine: { cpu: 'some' },
    })
  })

  it('have no ratio without a peer', () => {
    const { ours, peer, peerName, ratio, peerSpread } = JSON.parse(jsonLine(row(3, [12]), {}))
    assert.deepEqual(
      { ours, peer, peerName, ratio, peerSpread },
      {
        ours: 12,
        peer: null,
        peerName: null,
        ratio: null,
        peerSpread: null,
      },
    )
  })

  it('are a table for reading', () => {
    const lines = table({ heading: 'Peak', rows: [row(1, [10, 11, 12], eager), row(10, [0.00123])] }).split('\n')
    assert.equal(lines[0], 'Peak')
    assert.match(lines[1]!, /K +unit +ours +spread +peer +spread +ratio +peer is$/)
    assert.match(lines[2]!, /1 +MiB +11\.00 +10\.00 – 12\.00 +22\.00 +20\.00 – 30\.00 +0\.500 +PyTorch eager$/)
    assert.match(lines[3]!, /10 +MiB +0\.001230 +0\.001230 – 0\.001230 +– +– +– +–$/)
  })
})
