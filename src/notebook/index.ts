// What a notebook cell uses to show things: show, images, table, progress, gradientScale, sweep.
// In our kernel outputs are rich (src/views: payload, PNG, text); in plain Node the same calls print the text.
// Values returned here show themselves when they end a cell, through Symbol.for('Jupyter.display').
export type { SweepOptions, SweepRow, SweepView } from '../views/index.js'
export { gradientScale } from './gradientScale.js'
export { type Displayable, display, displayable, type Host, host } from './host.js'
export { type DatasetImagesOptions, images } from './images.js'
export { markdown } from './markdown.js'
export { openRun } from './openRun.js'
export type { Pictures, TensorLike } from './pictures.js'
export { type DrawnEvent, type Progress, progress } from './progress.js'
export { show } from './show.js'
export { type SteeredStudy, type SteerOptions, steerStudy } from './steerStudy.js'
export { replay } from './storedEvents.js'
export { type StudyPlot, type StudyPlotOptions, studyPlot } from './studyPlot.js'
export { studyTable } from './studyTable.js'
export { type Sweep, sweep, sweepView } from './sweep.js'
export { openStudy, type WatchedStudy, watchStudy } from './sweepStudy.js'
export { type Row, type Table, table } from './table.js'
