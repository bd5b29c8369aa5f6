import { strict as assert } from 'node:assert'
import { gradientScales } from '../../src/experiments/index.js'

/** From diffusers' DDIM and DPM-Solver++ by autograd. */
const known: Record<string, Record<number, number>> = {
  'DDIM 50, linear': { 981: 131.438, 781: 22.1259, 481: 3.26234, 181: 1.18924, 1: 1.00006 },
  'DPM-Solver++ 30, linear': { 961: 108.002, 769: 22.4709, 481: 3.52761, 193: 1.36156, 33: 1.00732 },
  'DPM-Solver++ 30, scaled linear': { 961: 11.7188, 769: 4.85797, 481: 1.91342, 193: 1.23551, 33: 1.01594 },
  'DDIM 50, scaled linear': { 981: 13.1529, 781: 4.79502, 481: 1.81802, 181: 1.12987, 1: 1.00043 },
}

describe('Fig. A1', () => {
  it('is what autograd through diffusers’ samplers gives; along Eq. 11 it is flat', () => {
    const curves = gradientScales('paper')
    for (const [method, points] of Object.entries(known)) {
      const curve = curves.find(curve => curve.method === method)!
      for (const [t, scale] of Object.entries(points)) {
        const found = curve.drtune[curve.times.indexOf(Number(t))]!
        assert.ok(Math.abs(found / scale - 1) < 1e-4, `${method} at ${t}: ${found}`)
      }
    }
    for (const { method, times, drtune, adt } of curves) {
      assert.equal(times.length, method.startsWith('DDIM') ? 50 : 30)
      assert.ok(adt.every(scale => scale === 1))
      assert.ok(drtune[0]! > 5 * drtune.at(-1)!, method)
    }
  })
})
