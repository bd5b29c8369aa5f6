import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, compareChecks, Disagreement, type Sides } from '../../scripts/bench/compare.js'
import { benchPython, howToGetPeer } from '../../scripts/bench/python.js'
import { type Side, startSide } from '../../scripts/bench/side.js'

/** A side in a few lines of Node, which answers `prepare` and `measure` as told. */
function speaker(name: string, body: string): Side {
  const script = `
    const answer = reply => console.log(JSON.stringify(reply))
    require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
      const request = JSON.parse(line)
      ${body}
    })`
  return startSide(name, process.execPath, ['-e', script])
}

describe('a side of a comparison', () => {
  let side: Side
  afterEach(() => side.close())

  it('answers in turn, whatever else it prints', async () => {
    side = speaker(
      'peer',
      "console.log('a library says hello'); console.error('so does another'); answer({ twice: 2 * request.number })",
    )
    assert.deepEqual(await side.ask({ do: 'double', number: 4 }), { twice: 8 })
    assert.deepEqual(await side.ask({ do: 'double', number: 5 }), { twice: 10 })
  })

  it('that cannot do what is asked says why, and lives on', async () => {
    side = speaker('peer', "answer(request.do === 'bad' ? { error: 'no such size' } : { fine: true })")
    await assert.rejects(side.ask({ do: 'bad' }), { message: 'peer: no such size' })
    assert.deepEqual(await side.ask({ do: 'good' }), { fine: true })
  })

  it('that dies says how, with what it had printed', async () => {
    side = speaker('peer', "console.error('out of memory'); process.exit(3)")
    const message = 'peer ended with code 3; it had printed:\nout of memory'
    await assert.rejects(side.ask({ do: 'measure' }), { message })
    await assert.rejects(side.ask({ do: 'measure' }), { message })
  })

  it('that is killed names the signal', async () => {
    side = speaker('peer', "process.kill(process.pid, 'SIGKILL')")
    await assert.rejects(side.ask({ do: 'measure' }), { message: 'peer ended by SIGKILL.' })
  })

  it('whose program is missing says so', async () => {
    side = startSide('peer', '/nowhere/python', [])
    await assert.rejects(
      side.ask({ do: 'about' }),
      /^Error: peer ended before it began \(spawn \/nowhere\/python ENOENT\)/,
    )
  })
})

describe('a comparison', () => {
  const options = { rounds: 3, peers: [], progress: (what: string) => said.push(what) }
  const comparison = {
    bench: 'fake',
    setting: { size: 2 },
    request: { size: 2 },
    variants: ['eager', 'compile'] as const,
    tolerance: 1e-3,
    figures: { ms: 'ms' },
  }
  const prepared = (value: number) => `if (request.do === 'prepare') answer({ check: { sum: [1, ${value}] } })`
  let said: string[] = []
  let sides: Sides
  const start = (ours: string, peer?: string) => {
    said = []
    const started = { ours: speaker('ours', ours), peer: peer === undefined ? undefined : speaker('PyTorch', peer) }
    const close = async () => {
      await Promise.all([started.ours.close(), started.peer?.close()])
    }
    sides = { ...started, machine: { gpuUsed: false }, close }
    return sides
  }
  afterEach(() => sides.close())

  it('measures in turns and gives a row for each form of the peer', async () => {
    const measure = 'globalThis.n = (globalThis.n ?? 0) + 1; answer({ ms: n })'
    const rows = await compare(
      start(`${prepared(2)}; else { ${measure} }`, `${prepared(2.001)}; else { ${measure} }`),
      comparison,
      options,
    )
    const row = { bench: 'fake', setting: { size: 2 }, rounds: [1, 2, 3], unit: 'ms' }
    // Both forms are measured in every round, and who begins takes turns: 1 2 | 3 4 (backwards) | 5 6.
    assert.deepEqual(rows, [
      { ...row, peer: { name: 'PyTorch eager', rounds: [1, 4, 5] } },
      { ...row, peer: { name: 'torch.compile', rounds: [2, 3, 6] } },
    ])
  })

  it('refuses to compare different things', async () => {
    const both = start(prepared(2), prepared(2.1))
    await assert.rejects(
      compare(both, comparison, options),
      /do not compute the same: sum differs by 5\.0e-2 of its size/,
    )
  })

  it('leaves out what the peer cannot do, and says so', async () => {
    const peer = `if (request.variant === 'compile') answer({ error: 'no compiler' }); else ${prepared(2)}; else answer({ ms: 5 })`
    const rows = await compare(start(`${prepared(2)}; else answer({ ms: 4 })`, peer), comparison, options)
    assert.deepEqual(
      rows.map(({ peer }) => peer?.name),
      ['PyTorch eager'],
    )
    assert.ok(said.includes('size 2: torch.compile is left out: PyTorch: no compiler'), said.join('\n'))
  })

  it('without a peer gives ours', async () => {
    const rows = await compare(start(`${prepared(2)}; else answer({ ms: 4 })`), comparison, options)
    assert.deepEqual(rows, [{ bench: 'fake', setting: { size: 2 }, rounds: [4, 4, 4], unit: 'ms', peer: null }])
  })

  it('counts a number that is missing, or not a number, as a difference', () => {
    assert.throws(() => compareChecks({ a: 1 }, {}, 0.1, 'fake'), Disagreement)
    assert.throws(() => compareChecks({ a: 1 }, { a: Number.NaN }, 0.1, 'fake'), Disagreement)
    assert.equal(compareChecks({ a: [2, 4] }, { a: [2, 3] }, 0.3, 'fake'), 0.25)
  })
})

describe("the peer's Python", () => {
  const before = process.env.ADT_BENCH_PYTHON
  const folder = mkdtempSync(join(tmpdir(), 'adt-bench-test-'))
  afterEach(() => {
    if (before === undefined) delete process.env.ADT_BENCH_PYTHON
    else process.env.ADT_BENCH_PYTHON = before
  })
  after(() => rmSync(folder, { recursive: true }))

  it('is the one that ADT_BENCH_PYTHON names, which must be there', () => {
    process.env.ADT_BENCH_PYTHON = process.execPath
    assert.equal(benchPython(), process.execPath)
    process.env.ADT_BENCH_PYTHON = '/nowhere/python'
    assert.throws(benchPython, { message: 'ADT_BENCH_PYTHON: there is no /nowhere/python.' })
    assert.match(howToGetPeer, /npm run bench -- setup/)
  })

  it('that lacks PyTorch ends the bench with its own message', function () {
    this.timeout(60_000)
    const python = join(folder, 'python')
    writeFileSync(python, '#!/bin/sh\necho "ModuleNotFoundError: No module named \'torch\'" >&2\nexit 1\n')
    chmodSync(python, 0o755)
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench/main.ts', 'dispatch'], {
      encoding: 'utf8',
      env: { ...process.env, ADT_BENCH_PYTHON: python },
    })
    assert.equal(status, 1)
    assert.match(stderr, /PyTorch ended with code 1; it had printed:\nModuleNotFoundError: No module named 'torch'/)
  })
})
