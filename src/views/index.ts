// What the notebook shows, as plain versioned data with zod schemas: gradient scale, runs, images.
// Builders make a view from the library's objects; viewBundle adds the fallbacks (PNG, text) of front ends without us.
// The extension imports schema.ts, text.ts, lines.ts and what they import: nothing of Node, only zod.
export { viewBundle } from './bundle.js'
export { shownSettings } from './folderModel.js'
export { duration, number } from './format.js'
export { type GradientScaleOptions, gradientScaleView, type LabelledSampler } from './gradientScale.js'
export { type ImagesOptions, imagesView } from './images.js'
export { type Drawing, drawingPicture, viewPicture } from './picture.js'
export { pointOf } from './point.js'
export {
  type RunOptions,
  type RunRecord,
  recordRun,
  runView,
  type StepEvent,
  storedRun,
} from './run.js'
export {
  type GradientCurve,
  type GradientScaleView,
  type ImagesView,
  type Judged,
  type ParsedView,
  parseView,
  type Run,
  type RunView,
  type SweepTrial,
  type SweepView,
  type View,
  viewMime,
  viewSchema,
  viewVersion,
} from './schema.js'
export {
  type About,
  type JudgedRecord,
  type LogRecord,
  type Picture,
  parseToKernel,
  type ReferencesRecord,
  streamTarget,
  streamVersion,
} from './stream.js'
export { createRunLog, type RunLog } from './streamLog.js'
export { keyOf, type SweepOptions, type SweepRow, sweepView } from './sweep.js'
export { viewText } from './text.js'
export { encodeSmall, encodeTiles, type Pixels, shrink, toBytes } from './tiles.js'
