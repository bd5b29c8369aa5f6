/** The gradient-scale plot for a cell. */

import type { BackwardPath, Plan } from '../samplers/index.js'
import { type GradientScaleOptions, type GradientScaleView, gradientScaleView, viewBundle } from '../views/index.js'
import { type Displayable, displayable } from './host.js'

/**
 * How much gradient reaches each step of a sampler (Fig. A1), as an interactive plot.
 * @param samplers one, several, or several under names of your own: `{ 'linear β': plan, … }`
 * @param paths ADT (Eq. 11) and DRTune (Eq. 4) by default
 * @throws RangeError when there is nothing to draw or a path is not known
 */
export function gradientScale(
  samplers: Plan | readonly Plan[] | Readonly<Record<string, Plan>>,
  paths: readonly BackwardPath[] = ['adt', 'drtune'],
  options: GradientScaleOptions = {},
): GradientScaleView & Displayable {
  const view = gradientScaleView(labelled(samplers), paths, options)
  return displayable(view, () => viewBundle(view))
}

function labelled(samplers: Plan | readonly Plan[] | Readonly<Record<string, Plan>>) {
  if (Array.isArray(samplers)) return (samplers as readonly Plan[]).map(sampler => ({ sampler }))
  if (Array.isArray((samplers as Plan).steps)) return [{ sampler: samplers as Plan }]
  return Object.entries(samplers as Record<string, Plan>).map(([label, sampler]) => ({ label, sampler }))
}
