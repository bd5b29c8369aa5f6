/** PyTorch's sides of `npm run bench` at sizes that take seconds: they compute what ours do. Part of `npm run test:diffusers`. */
import assert from 'node:assert/strict'
import { parametersOf } from '../../scripts/bench/blocks.js'
import { type BlocksSize, heads } from '../../scripts/bench/blocksSize.js'
import { type Comparison, compare, type Sides, startSides } from '../../scripts/bench/compare.js'
import type { EmbeddedSettings } from '../../scripts/bench/embeddedSettings.js'
import { fillingOf } from '../../scripts/bench/ours/numbers.js'
import type { Variant } from '../../scripts/bench/rows.js'
import { iterationOf, requestFor, smallDiffusion, type UNetPart, unetParts } from '../../scripts/bench/unetRequest.js'
import { peerFolder } from './peer.js'

describe('the peers of the bench', function () {
  this.timeout(600_000)
  const folder = peerFolder()
  let sides: Sides
  const threads = process.env.OMP_NUM_THREADS
  // On a machine that is busy PyTorch's threads wait for one another most of the time.
  before(() => {
    process.env.OMP_NUM_THREADS = '1'
  })
  afterEach(() => sides?.close())
  after(() => {
    if (threads === undefined) delete process.env.OMP_NUM_THREADS
    else process.env.OMP_NUM_THREADS = threads
  })

  /** Compares in all forms: a side that fails or computes something else throws, or is left out, which is told. */
  const agree = async (given: Pick<Comparison, 'bench' | 'request' | 'variants' | 'figures'>) => {
    const said: string[] = []
    const options = { rounds: 1, peers: [], progress: (what: string) => said.push(what) }
    const tolerance = sides.machine.gpuUsed ? 5e-2 : 5e-4
    const rows = await compare(sides, { ...given, setting: {}, tolerance }, options)
    assert.equal(rows.length, given.variants.length * Object.keys(given.figures).length)
    for (const { peer } of rows) assert.ok(peer?.rounds.every(Number.isFinite), said.join('\n'))
  }
  const start = async (name: string) => {
    sides = await startSides(name, { progress() {} })
  }

  it('draw and tune the embedded model as we do', async () => {
    await start('embedded')
    // Eight images share their batch statistics; fewer would be grouped in other ways on both sides.
    const settings: EmbeddedSettings = { batch: 8, steps: 4, guidance: 2, K: 1 }
    const parts = {
      sampling: { ms: 'ms' },
      iteration: { 'generator updated': 'ms', 'discriminator alone': 'ms', 'mean at H = 2': 'ms' },
    }
    for (const [part, figures] of Object.entries(parts)) {
      await agree({
        bench: 'embedded',
        request: { part, folder: folder(), ...settings },
        variants: ['eager'],
        figures,
      })
    }
  })

  it('go forward and backward through blocks as we do', async () => {
    await start('blocks')
    const size: BlocksSize = { batch: 1, side: 4, channels: 64 }
    const filling = fillingOf(parametersOf(size.channels))
    await agree({ bench: 'blocks', request: { size, heads, filling }, variants: ['eager'], figures: { ms: 'ms' } })
  })

  it('take a UNet forward, back and through an iteration as we do, in every form', async () => {
    await start('unet')
    const config = { ...smallDiffusion.config, block_out_channels: [32, 32, 64, 64] }
    const network = { ...smallDiffusion, config, side: 16 }
    const forms: Record<UNetPart, Variant[]> = {
      forward: ['eager', 'channels-last'],
      'pull-back': ['eager'],
      iteration: ['step-by-step', 'kept', 'kept-checkpointed', 'through', 'through-checkpointed'],
    }
    for (const part of unetParts) {
      await agree({
        bench: 'unet',
        request: { ...requestFor(part, network, 1, 'float32', iterationOf(3, 1, 1)) },
        variants: forms[part],
        figures: { time: 'ms', peak: 'MiB', update: 'MiB' },
      })
    }
  })
})
