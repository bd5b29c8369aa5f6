import assert from 'node:assert/strict'
import {
  arrays,
  backwardWeights,
  ddim,
  dpmSolver,
  endAt,
  flowEuler,
  flowSchedule,
  linearSchedule,
  type Plan,
  runPlan,
} from '../../src/samplers/index.js'

/** What a network would say that knows the image: the output that the model's kind of prediction has for x₀ and ε. */
const output = ({ prediction }: Plan, alpha: number, sigma: number, image: number, noise: number) =>
  ({ epsilon: noise, v_prediction: alpha * noise - sigma * image, flow: noise - image })[prediction]

const plans = {
  ddim: ddim(linearSchedule(), 10),
  'ddim, v': ddim(linearSchedule(0.0001, 0.02, { prediction_type: 'v_prediction' }), 10),
  dpmSolver: dpmSolver(linearSchedule(), 10),
  flowEuler: flowEuler(flowSchedule(3), 10),
}

describe('a plan that ends early', () => {
  for (const [name, plan] of Object.entries(plans)) {
    it(`${name}: takes the image that is predicted at its last step, from any start`, () => {
      const [image, noise] = [0.3, -1.2]
      for (const last of [0, 4, 9]) {
        const early = endAt(plan, last)
        assert.equal(early.steps.length, last + 1)
        for (const from of new Set([0, last])) {
          const { alpha, sigma } = plan.steps[from]!.level
          const start = Float64Array.of(alpha * image + sigma * noise)
          const predict = (x: Float64Array, _t: number, index: number) => {
            const { alpha, sigma } = plan.steps[index]!.level
            return Float64Array.of(output(plan, alpha, sigma, image, (x[0]! - alpha * image) / sigma))
          }
          const final = runPlan(early, start, predict, { algebra: arrays, from })
          assert.ok(Math.abs(final[0]! - image) < 1e-9, `${final[0]} after step ${last}`)
        }
      }
    })
  }

  it('has backward weights like any other: along Eq. 11 the last step’s is its own coefficient', () => {
    const early = endAt(plans.ddim, 4)
    const weights = backwardWeights(early, 'adt')
    assert.equal(weights.length, 5)
    assert.equal(weights[4], early.steps[4]!.own.output)
    assert.deepEqual(weights.slice(0, 4), backwardWeights(plans.ddim, 'adt').slice(0, 4))
  })

  it('refuses a step that is none', () => {
    for (const last of [-1, 10, 2.5]) assert.throws(() => endAt(plans.ddim, last), RangeError)
  })
})
