// Fig. A1 to play with: how much gradient reaches each sampler step, for any sampler, schedule and backward path.
// explore.ts computes curves in the page with the library's own samplers; component.ts draws them and takes the keys.
// In a run, measured.ts sets the norms that training measured beside the weights that theory gives.
export { createGradientScale } from './component.js'
export { createMeasuredGradient } from './measured.js'
