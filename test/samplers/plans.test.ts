import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  arrays,
  type BackwardPath,
  backwardWeights,
  cosineSchedule,
  ddim,
  dpmSolver,
  flowEuler,
  flowSchedule,
  gradientScale,
  guide,
  linearSchedule,
  noised,
  type Plan,
  runPlan,
  type SchedulerConfig,
  samplerFromConfig,
  scaledLinearSchedule,
  scheduleFromConfig,
  startAt,
} from '../../src/samplers/index.js'

const prediction = fc.constantFrom('epsilon', 'v_prediction')
const spacing = fc.constantFrom('leading', 'linspace', 'trailing')
const steps = fc.integer({ min: 1, max: 60 })

const config: fc.Arbitrary<SchedulerConfig> = fc.record({
  prediction_type: prediction,
  timestep_spacing: spacing,
  steps_offset: fc.constantFrom(0, 1),
  set_alpha_to_one: fc.boolean(),
  beta_schedule: fc.constantFrom('linear', 'scaled_linear', 'squaredcos_cap_v2'),
  beta_start: fc.constantFrom(0.0001, 0.00085),
  beta_end: fc.constantFrom(0.012, 0.02),
  solver_type: fc.constantFrom('midpoint', 'heun'),
  solver_order: fc.constantFrom(1, 2),
  final_sigmas_type: fc.constantFrom('zero', 'sigma_min'),
  lower_order_final: fc.boolean(),
  euler_at_final: fc.boolean(),
})

const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.tuple(config, steps).map(([config, steps]) => ddim(scheduleFromConfig(config), steps)),
  fc.tuple(config, steps).map(([config, steps]) => dpmSolver(scheduleFromConfig(config), steps)),
  fc.tuple(fc.constantFrom(1, 3), steps).map(([shift, steps]) => flowEuler(flowSchedule(shift), steps)),
)

const planAndStart = plan.chain(plan => fc.tuple(fc.constant(plan), fc.integer({ min: 0, max: plan.steps.length - 1 })))

/** Runs a plan on scalars with given outputs, the network left out. */
function runWith(plan: Plan, from: number, x: number, outputs: number[]): { final: number; latents: number[] } {
  const latents: number[] = []
  const final = runPlan(plan, Float64Array.of(x), (_, __, i) => Float64Array.of(outputs[i - from]!), {
    algebra: arrays,
    from,
    onStep: (_, latent) => latents.push(latent[0]!),
  })
  return { final: final[0]!, latents }
}

/** The same outputs with the k-th one larger by 1. */
function raised(outputs: number[], k: number): number[] {
  return outputs.map((output, i) => (i === k ? output + 1 : output))
}

function assertClose(got: number, expected: number, scale: number): void {
  assert.ok(Math.abs(got - expected) <= 1e-9 * (1 + scale), `${got} is not ${expected}`)
}

describe('backward-path weights', () => {
  it('drtune: equal the change of the final latent when one output changes (the run is linear in the outputs)', () => {
    fc.assert(
      fc.property(planAndStart, ([plan, from]) => {
        const outputs = plan.steps.slice(from).map((_, k) => Math.sin(k))
        const weights = backwardWeights(plan, 'drtune', from)
        const scale = Math.max(...weights.map(Math.abs), ...gradientScale(plan, 'drtune', from))
        const base = runWith(plan, from, 0.3, outputs).final
        for (const k of outputs.keys()) {
          const changed = raised(outputs, k)
          assertClose(runWith(plan, from, 0.3, changed).final - base, weights[k]!, scale * outputs.length)
        }
      }),
    )
  })

  it('adt: equal the change when every latent in a step but its own x is held (Eq. 11)', () => {
    fc.assert(
      fc.property(planAndStart, ([plan, from]) => {
        const outputs = plan.steps.slice(from).map((_, k) => Math.cos(k))
        const { final, latents } = runWith(plan, from, 0.3, outputs)
        const { steps } = startAt(plan, from)
        // x' = x + (step(sg(x), o) − sg(x)): the increments are linear in the outputs with all held latents as constants
        const run = (o: number[]) => {
          let x = latents[0]!
          for (const [k, { own, previous }] of steps.entries()) {
            let step = own.x * latents[k]! + own.output * o[k]!
            if (previous) step += previous.x * latents[k - 1]! + previous.output * o[k - 1]!
            x += step - latents[k]!
          }
          return x
        }
        const scale = Math.max(...latents.map(Math.abs)) * outputs.length
        assertClose(run(outputs), final, scale)
        for (const [k, weight] of backwardWeights(plan, 'adt', from).entries()) {
          assertClose(run(raised(outputs, k)) - run(outputs), weight, scale)
        }
      }),
    )
  })

  it('adt keeps the gain at 1; drtune has ∂x_final/∂x_start as measured', () => {
    fc.assert(
      fc.property(planAndStart, ([plan, from]) => {
        assert.deepEqual(
          gradientScale(plan, 'adt', from),
          plan.steps.slice(from).map(() => 1),
        )
        const outputs = plan.steps.slice(from).map(() => 0)
        const scale = gradientScale(plan, 'drtune', from)
        assertClose(runWith(plan, from, 1, outputs).final, scale[0]!, Math.max(...scale.map(Math.abs)))
      }),
    )
  })

  it('drtune for a one-step solver is b_i times the product of the later a_j (Eq. 4, 10)', () => {
    fc.assert(
      fc.property(config, steps, (config, steps) => {
        const plan = ddim(scheduleFromConfig(config), steps)
        const weights = backwardWeights(plan, 'drtune')
        let product = 1
        for (let i = steps - 1; i >= 0; i--) {
          assertClose(weights[i]!, plan.steps[i]!.own.output * product, Math.abs(product))
          product *= plan.steps[i]!.own.x
        }
      }),
    )
  })

  it('a multistep output counts in its own step and the next one', () => {
    const plan = dpmSolver(scaledLinearSchedule(), 20)
    const weights = backwardWeights(plan, 'adt')
    assert.equal(weights[5], plan.steps[5]!.own.output + plan.steps[6]!.previous!.output)
  })

  it('the curve of Fig. A1: DDIM-50 explodes on the linear schedule as 1/α (Eq. A3)', () => {
    const offset = { steps_offset: 1, set_alpha_to_one: false }
    const plan = ddim(linearSchedule(0.0001, 0.02, offset), 50)
    assert.deepEqual([plan.steps[0]!.t, plan.steps.at(-1)!.t], [981, 1])
    const expected = [131.438, 22.1259, 3.26234, 1.18924, 1.00006]
    const scale = gradientScale(plan, 'drtune')
    for (const [k, t] of [981, 781, 481, 181, 1].entries()) {
      const i = plan.steps.findIndex(step => step.t === t)
      assert.ok(Math.abs(scale[i]! / expected[k]! - 1) < 1e-4)
    }
  })
})

describe('plans', () => {
  it('carry a latent that is α·x₀ + σ·ε to the image when the network knows the noise', () => {
    const close = fc.property(
      plan.filter(({ name, end }) => end.sigma === 0 && !name.startsWith('DDIM')),
      fc.nat(),
      (plan, seed) => {
        const from = seed % plan.steps.length
        const [image, noise] = [0.7, -1.3]
        const start = noised(arrays, plan.steps[from]!, Float64Array.of(image), Float64Array.of(noise))
        const output = (i: number) => {
          const { alpha, sigma } = plan.steps[i]!.level
          if (plan.prediction === 'v_prediction') return alpha * noise - sigma * image
          return plan.prediction === 'flow' ? noise - image : noise
        }
        const final = runPlan(plan, start, (_, __, i) => Float64Array.of(output(i)), { algebra: arrays, from })
        const scale = Math.max(...gradientScale(plan, 'drtune', from))
        assertClose(final[0]!, image, 1e3 * scale)
      },
    )
    fc.assert(close)
    // a DDIM step ends where the next one begins only for leading spacing
    const leading = ddim(scaledLinearSchedule(), 20)
    const start = noised(arrays, leading.steps[4]!, Float64Array.of(0.7), Float64Array.of(-1.3))
    const final = runPlan(leading, start, () => Float64Array.of(-1.3), { algebra: arrays, from: 4 })
    assertClose(final[0]!, 0.7, 1)
  })

  it('ask the network at strictly falling times and end at no noise or the least', () => {
    fc.assert(
      fc.property(plan, ({ steps, end }) => {
        for (let i = 1; i < steps.length; i++) assert.ok(steps[i]!.t < steps[i - 1]!.t)
        assert.ok(end.sigma < 0.05)
      }),
    )
  })

  it('the exact flow shift ends at the once-shifted smallest σ, diffusers at the twice-shifted one', () => {
    const once = 0.003 / 1.002
    const exact = flowEuler(flowSchedule(3), 28, { shift: 'exact' }).steps.at(-1)!.level.sigma
    const twice = flowEuler(flowSchedule(3), 28).steps.at(-1)!.level.sigma
    assertClose(exact, once, 0)
    assert.ok(Math.abs(twice - (3 * once) / (1 + 2 * once)) < 1e-8)
    assert.deepEqual(
      flowEuler(flowSchedule(1), 28).steps.map(({ t }) => Math.round(t * 1e3)),
      flowEuler(flowSchedule(1), 28, { shift: 'exact' }).steps.map(({ t }) => Math.round(t * 1e3)),
    )
  })

  it('zero terminal SNR leaves nothing of the image at the last time', () => {
    const schedule = linearSchedule(0.0001, 0.02, {
      rescale_betas_zero_snr: true,
      prediction_type: 'v_prediction',
      timestep_spacing: 'trailing',
    })
    assert.ok(schedule.alphas.at(-1)! < 1e-6)
    for (const plan of [ddim(schedule, 10), dpmSolver(schedule, 10)]) {
      const numbers = plan.steps.flatMap(({ own, previous }) => [own, previous ?? own]).flatMap(Object.values)
      assert.ok(numbers.every(Number.isFinite))
    }
    const noise = scheduleFromConfig({ ...schedule.config, prediction_type: 'epsilon' })
    assert.throws(() => ddim(noise, 10), /prediction_type "epsilon" cannot start at a time without any image/)
  })

  it('releases every latent and output it made, and neither the start nor the result', () => {
    fc.assert(
      fc.property(planAndStart, ([plan, from]) => {
        const alive = new Set<Float64Array>()
        const make = (value: Float64Array) => {
          alive.add(value)
          return value
        }
        const start = make(Float64Array.of(1))
        const final = runPlan(plan, start, x => make(x.slice()), {
          algebra: { combine: terms => make(arrays.combine(terms)), release: value => assert.ok(alive.delete(value)) },
          from,
        })
        assert.deepEqual([...alive], [start, final])
      }),
    )
  })

  it('guidance moves from the unconditional output past the conditional one', () => {
    assert.deepEqual([...guide(arrays, 3, Float64Array.of(1), Float64Array.of(2))], [4])
  })
})

describe('bad input to samplers', () => {
  const bad = (make: () => unknown, type: new (...args: never[]) => Error, message: RegExp) => {
    assert.throws(make, (error: Error) => error instanceof type && message.test(error.message))
  }

  it('names what is wrong', () => {
    const schedule = scaledLinearSchedule()
    bad(() => ddim(schedule, 0), RangeError, /steps must be an integer from 1 to 1000, not 0/)
    bad(() => ddim(schedule, 1001), RangeError, /steps/)
    bad(() => ddim(schedule, 2.5), RangeError, /steps/)
    bad(
      () => ddim(scaledLinearSchedule(0.00085, 0.012, { steps_offset: 1 }), 1000),
      RangeError,
      /1000 steps do not fit/,
    )
    bad(() => dpmSolver(schedule, 1000), RangeError, /1000 steps do not fit/)
    bad(() => flowEuler(flowSchedule(3), -1), RangeError, /steps/)
    bad(() => startAt(ddim(schedule, 5), 5), RangeError, /start step must be an integer from 0 to 4, not 5/)
    bad(() => backwardWeights(ddim(schedule, 5), 'adt' as BackwardPath, -1), RangeError, /start step/)
    bad(() => samplerFromConfig({ _class_name: 'PNDMScheduler' }, 5), Error, /PNDMScheduler has no sampler here/)
    bad(() => samplerFromConfig({}, 5), Error, /none given/)
    bad(() => scheduleFromConfig({ _class_name: 'KarrasVeScheduler' }), Error, /KarrasVeScheduler is not known/)
    bad(() => scheduleFromConfig({ beta_schedule: 'sigmoid' }), Error, /beta_schedule "sigmoid" is not known/)
    bad(() => scheduleFromConfig({ prediction_type: 'sample' }), Error, /prediction_type "sample" is not known/)
    bad(() => ddim(scheduleFromConfig({ clip_sample: true }), 5), Error, /clip_sample: true/)
    bad(() => ddim(scheduleFromConfig({ timestep_spacing: 'odd' }), 5), Error, /timestep_spacing "odd" is not known/)
    bad(() => dpmSolver(scheduleFromConfig({ use_karras_sigmas: true }), 5), Error, /use_karras_sigmas/)
    bad(() => dpmSolver(scheduleFromConfig({ solver_order: 3 }), 5), Error, /solver_order: 3/)
    bad(() => flowEuler(schedule, 5), Error, /ddim or dpmSolver/)
    bad(() => ddim(flowSchedule(3), 5), Error, /flowEuler/)
    bad(
      () => scheduleFromConfig({ _class_name: 'FlowMatchEulerDiscreteScheduler', use_dynamic_shifting: true }),
      Error,
      /use_dynamic_shifting/,
    )
    bad(() => cosineSchedule({ num_train_timesteps: 0 }), RangeError, /num_train_timesteps/)
  })
})
