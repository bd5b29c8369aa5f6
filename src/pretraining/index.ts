// Training the embedded models from scratch: the text-to-image model, the discriminator's features, the metric CLIP.
// A recipe (models/recipes/*.json) says everything; `pretrain` runs it as events and writes an ordinary model folder
// with a card. One compiled call a step: batches, augmentation and noise are drawn on the device.

export { embeddedModels, modelFolder } from './embedded.js'
export { fullLayouts, type Layout, type LayoutName, layoutNames, smallLayouts } from './layouts.js'
export { type PretrainEvent, type PretrainSettings, pretrain } from './pretrain.js'
export { type RandomModelOptions, randomModel } from './randomModel.js'
export { type Recipe, readRecipe, totalSteps, withSteps } from './recipe.js'
export { createTokenizer, type TokenizerFiles, writeTokenizer } from './tokenizer.js'
