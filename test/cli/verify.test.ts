import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviation, strain, toleranceOf } from '../../src/cli/verify/compare.js'
import { describeVerification, type Verification, verify } from '../../src/cli/verify/index.js'
import { writeSafetensors } from '../../src/models/safetensors.js'

const tolerance = { abs: 1e-6, rel: 1e-6 }

describe('adt verify', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adt-verify-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A case of metrics.frechet: two sets of four images with two features. */
  async function frechetCase(name: string, changed: Record<string, number[]> = {}, json: object = {}) {
    const path = join(folder, name)
    await mkdir(path)
    const square = [1, 1, 1, -1, -1, 1, -1, -1]
    const arrays: Record<string, number[]> = {
      'in.g.features1': square,
      'in.g.features2': square.map(x => 2 * x + 1),
      'out.g.mu1': [0, 0],
      'out.g.cov1': [4 / 3, 0, 0, 4 / 3],
      // |1,1|² + 2·(√(16/3) − √(4/3))²
      'out.g.distance': [2 + 2 * (Math.sqrt(16 / 3) - Math.sqrt(4 / 3)) ** 2],
      ...changed,
    }
    const tensors = Object.entries(arrays).map(([key, data]) => {
      const shape = data.length === 8 ? [4, 2] : data.length === 4 ? [2, 2] : [data.length]
      return [key, { dtype: 'F64' as const, shape, data }]
    })
    await writeFile(join(path, 'case.json'), JSON.stringify({ component: 'metrics.frechet', tolerance, ...json }))
    await writeSafetensors(join(path, 'io.safetensors'), Object.fromEntries(tensors))
    return path
  }

  async function results(...paths: string[]): Promise<Verification[]> {
    const all: Verification[] = []
    for await (const result of verify(paths)) all.push(result)
    return all
  }

  it('passes a case whose every output is right, and says how near the bound it came', async () => {
    const [result] = await results(await frechetCase('right'))
    assert.equal(result!.status, 'ok')
    assert.equal(result!.case, 'right')
    assert.ok(result!.worst!.error <= result!.worst!.allowed)
    assert.match(describeVerification(result!), /^ok .*right.*metrics\.frechet.*allowed/)
  })

  it('fails a value beyond the tolerance and names it', async () => {
    const [result] = await results(await frechetCase('off', { 'out.g.mu1': [0, 1.1e-6] }))
    assert.equal(result!.status, 'failed')
    assert.equal(result!.worst!.name, 'out.g.mu1')
    assert.match(result!.message!, /out\.g\.mu1: off by 1\.10 ×/)
  })

  it('fails when an expected output or gradient is not computed', async () => {
    const paths = [
      await frechetCase('more', { 'out.g.another': [0] }),
      await frechetCase('gradient', { 'vjp.in.g.features1': [0] }),
    ]
    const [more, gradient] = await results(...paths)
    assert.equal(more!.status, 'failed')
    assert.match(more!.message!, /out\.g\.another: not computed/)
    assert.match(gradient!.message!, /vjp\.in\.g\.features1: not computed/)
  })

  it('fails on NaN, in the result or in the reference', async () => {
    const paths = [
      await frechetCase('nan-reference', { 'out.g.distance': [Number.NaN] }),
      await frechetCase('nan-input', { 'in.g.features1': [Number.NaN, 1, 1, -1, -1, 1, -1, -1] }),
    ]
    for (const result of await results(...paths)) assert.equal(result.status, 'failed')
  })

  it('fails a wrong number of elements', async () => {
    const [result] = await results(await frechetCase('short', { 'out.g.mu1': [0] }))
    assert.match(result!.message!, /out\.g\.mu1: has 2 elements, the reference 1/)
  })

  it('calls a component without an adapter unknown, and goes on', async () => {
    await frechetCase('a', {}, { component: 'NoSuchNetwork' })
    await frechetCase('b')
    assert.deepEqual(
      (await results(folder)).map(({ case: name, status }) => [name, status]),
      [
        ['a', 'unknown'],
        ['b', 'ok'],
      ],
    )
  })

  it('reports what is wrong with a case and goes on', async () => {
    await frechetCase('untolerant', {}, { tolerance: null })
    await frechetCase('textual', {}, { component: 7 })
    const missing = await frechetCase('without')
    await rm(join(missing, 'case.json'))
    const messages = new Map((await results(folder)).map(result => [result.case, result.message]))
    assert.match(messages.get('untolerant')!, /tolerance must be an object/)
    assert.match(messages.get('textual')!, /has no component/)
    assert.match(messages.get('without')!, /case\.json: missing/)
  })

  it('refuses paths that hold no case before it runs anything', async () => {
    const right = await frechetCase('right')
    await mkdir(join(folder, 'empty'))
    await assert.rejects(results(right, join(folder, 'empty')), /holds no case/)
    await assert.rejects(results(right, join(folder, 'absent')), /no such folder/)
  })
})

describe('deviation', () => {
  it('allows abs + rel · max|reference| for every element', () => {
    const found = deviation('x', [1, 100.5], [1, 100], { abs: 0.1, rel: 0.01 })
    assert.equal(found.error, 0.5)
    assert.equal(found.allowed, 1.1)
    assert.ok(Math.abs(strain(found) - 0.5 / 1.1) < 1e-12)
  })

  it('never lets a value that is not finite pass', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const [got, reference] of [
        [[bad], [1]],
        [[1], [bad]],
        [[bad], [bad]],
      ] as const) {
        const found = deviation('x', got, reference, { abs: 1e9, rel: 1e9 })
        assert.ok(found.error > found.allowed)
        assert.equal(strain(found), Number.POSITIVE_INFINITY)
      }
    }
  })

  it('takes the gradients’ tolerance from its own field', () => {
    const caseJson = { tolerance: { abs: 1, rel: 2 }, tolerance_vjp: { abs: 3, rel: 4 } }
    assert.deepEqual(toleranceOf(caseJson, 'vjp'), { abs: 3, rel: 4 })
    assert.throws(() => toleranceOf({ tolerance: { abs: 1, rel: 2 } }, 'vjp'), /tolerance_vjp must be an object/)
  })
})
