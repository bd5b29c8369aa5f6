import assert from 'node:assert/strict'
import * as adtStep from '../../src/cli/verify/adtStep.js'
import type { Comparison } from '../../src/cli/verify/compare.js'
import * as discriminator from '../../src/cli/verify/discriminator.js'
import * as models from '../../src/cli/verify/models.js'
import type { JitOptions } from '../../src/tensorflow/index.js'
import { type Golden, goldens } from '../goldens.js'

type Values = Map<string, Comparison>

const all = [models, adtStep, discriminator]
const runnable = goldens('').filter(golden => runnerOf(golden) && !needsMissingNetwork(golden))

function runnerOf({ case: { component } }: Golden) {
  return all.find(({ components }) => components.includes(component))
}

/** The step of flow matching is of a network that comes later. */
function needsMissingNetwork({ case: { options } }: Golden): boolean {
  const network = goldens('').find(({ name }) => name === options?.model)
  return network !== undefined && !models.components.includes(network.case.component)
}

async function valuesOf(golden: Golden, way: 'eager' | 'graph' | 'xla', options: JitOptions = {}): Promise<Values> {
  const chosen = process.env.ADT_JIT
  process.env.ADT_JIT = way
  try {
    return (await runnerOf(golden)!.run(golden.folder, golden.case as never, options)).values
  } finally {
    if (chosen === undefined) delete process.env.ADT_JIT
    else process.env.ADT_JIT = chosen
  }
}

/** ‖a − b‖ / ‖b‖ of some arrays seen as one. */
function distance(pairs: [ArrayLike<number>, ArrayLike<number>][]): number {
  let [difference, size] = [0, 0]
  for (const [got, want] of pairs) {
    assert.equal(got.length, want.length)
    for (let i = 0; i < want.length; i++) {
      difference += (got[i]! - want[i]!) ** 2
      size += want[i]! ** 2
    }
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size)
}

describe('jit gives what eager TF.js gives on every golden', () => {
  const known = new Map<Golden, Promise<Values>>()
  const eagerly = (golden: Golden) => {
    if (!known.has(golden)) known.set(golden, valuesOf(golden, 'eager'))
    return known.get(golden)!
  }
  // The discriminator's, and a network of each kind, also by XLA, whose compiling takes most of the time.
  const byXla = runnable.filter(({ name }) => /^(disc_|clip_text$|dinov2_blocks|unet_sd15)/.test(name))
  for (const [way, cases] of [
    ['graph', runnable],
    ['xla', byXla],
  ] as const) {
    for (const golden of cases) {
      it(`${golden.name}, ${way}`, async () => {
        const eager = await eagerly(golden)
        const jitted = await valuesOf(golden, way)
        assert.deepEqual([...jitted.keys()], [...eager.keys()])
        // An iteration adds up several calls' gradients, each summed in the order of the threads that share it.
        const bound = golden.name.startsWith('adt_step') ? 2e-5 : 1e-5
        for (const [name, { got }] of jitted) {
          const off = distance([[got, eager.get(name)!.got]])
          assert.ok(off <= bound, `${name}: ${off}`)
        }
      }).timeout(180000)
    }
  }
})

/**
 * In bfloat16 a product rounds both inputs and its result, each by 2⁻⁹ at most. n products in a row, their roundings
 * independent, are then off by √(3n)·2⁻⁹: 1 % for the ten of these small text and image encoders, 2 % for the UNets'
 * forty. A gradient goes through as many again, and normalization of few channels and the guidance of the training steps
 * (7 times what the halves of a batch do not have in common) make it more: measured were 0.3 to 0.8 % and 0.4 to 1.4 %
 * for the encoders' outputs and gradients, 2.3 and 4.0 %, 5.8 and 9.3 % for the UNets', 1.8 and 2.8 %, 6 and 15 % for the
 * training steps'. Half as much again or somewhat more is allowed: of all outputs together, of all gradients together.
 */
describe('jit in bfloat16 stays near the goldens', () => {
  const bounds: [RegExp, { outputs: number; gradients: number }][] = [
    [/^(clip_text|clip_vision|dinov2_)/, { outputs: 0.02, gradients: 0.03 }],
    [/^unet_/, { outputs: 0.06, gradients: 0.15 }],
    [/^adt_step_/, { outputs: 0.05, gradients: 0.25 }],
  ]
  for (const [names, bound] of bounds) {
    for (const golden of runnable.filter(({ name }) => names.test(name))) {
      it(`${golden.name}: outputs within ${bound.outputs * 100} %, gradients within ${bound.gradients * 100} %`, async () => {
        const values = await valuesOf(golden, 'graph', { precision: 'bfloat16' })
        const off = (kind: Comparison['kind']) =>
          distance(
            [...values.values()].filter(value => value.kind === kind).map(({ got, reference }) => [got, reference]),
          )
        const [outputs, gradients] = [off('out'), off('vjp')]
        assert.ok(outputs <= bound.outputs, `outputs: ${outputs}`)
        assert.ok(gradients <= bound.gradients, `gradients: ${gradients}`)
        assert.ok(outputs > 1e-4, 'it is not float32')
      })
    }
  }
})
