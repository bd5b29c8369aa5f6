// Experiments: studies (grids of settings × seeds with named methods), their trials in plain files, where trials run, when
// they are stopped early, and the tables that come out, beside the paper's.
// One definition serves the command line, the notebook and the widgets.
export { type Asha, type AshaSettings, createAsha, type Rung, type StopReason } from './asha.js'
export { type Budget, costOf } from './budget.js'
export { changedStudy, type StudyChanges } from './changed.js'
export { createDesk, type Desk } from './desk.js'
export type { Ending, Executor, MetricLine, Running, TrialState, TrialTask } from './executor.js'
export { findings, nameOf } from './findings.js'
export { gradientScales, renderScales, type ScaleCurve } from './gradientScales.js'
export { journal, writeJournal } from './journal.js'
export { canonical, identify } from './key.js'
export { type LocalOptions, localExecutor } from './localExecutor.js'
export { type Format, renderTable } from './render.js'
export { type RunStudyOptions, runStudy, type StudyEvent, type StudySummary } from './runStudy.js'
export { type ScheduleEvent, type ScheduleOptions, schedule } from './scheduler.js'
export { type TrialSettings, trialSettings } from './settings.js'
export { type Difference, fewestSeeds, pairedDifference, type Statistic, statistic } from './statistics.js'
export { readRungs } from './stopper.js'
export {
  createTrial,
  findStored,
  readStored,
  readStudy,
  readTrials,
  type StoredState,
  type StoredTrial,
  scaleFolder,
  settles,
  stateOf,
  trialFolder,
} from './store.js'
export { findStudy, studies } from './studies/index.js'
export {
  type Arm,
  armsOf,
  parseStudy,
  type Scale,
  type Study,
  type StudyInput,
  scales,
  type Trial,
  trialsOf,
} from './study.js'
export { bestShares, better, type Cell, type FigureName, type Row, type Table, tableOf } from './table.js'
export { arrow, figureTitles } from './titles.js'
export { type Figures, readMetrics, readResult, type TrialResult } from './trialFolder.js'
