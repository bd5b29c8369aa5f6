// Samples of a run: what the model draws for the same prompts from the same noise as it is tuned.
// model.ts says which pictures are compared, without a page; component.ts has the grid, side by side and the wipe.
// strip.ts is the small grid under the curves of a run.
export { createSampleView } from './component.js'
export { createSamples } from './strip.js'
