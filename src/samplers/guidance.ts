/** Classifier-free guidance (Ho & Salimans 2022). */

import type { Algebra } from './plan.js'

/**
 * (1 − γ)·u + γ·c: the output that moves from the unconditional u past the conditional c for γ > 1.
 * §2.1 of the paper prints the first factor as (γ − 1); only (1 − γ) leaves an output alone when both agree.
 */
export function guide<X>(algebra: Algebra<X>, scale: number, unconditional: X, conditional: X): X {
  return algebra.combine([
    [1 - scale, unconditional],
    [scale, conditional],
  ])
}
