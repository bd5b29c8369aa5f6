// Runs as they go on: followed over a kernel's comm (kernelRuns.ts) or through the files of a folder (folderRun.ts).
// Both are a RunSource; liveRun.ts draws one with its toolbar, pacer.ts when and how often. toolbarModel.ts needs no page.
// liveOutput.ts does the same in a cell's output, around the view that is there.
export { followFolder } from './folderRun.js'
export { followKernelRun, kernelRuns } from './kernelRuns.js'
export { createLiveOutput, type LiveOutput } from './liveOutput.js'
export { createLiveRun, type LiveRun } from './liveRun.js'
export type { RunSource } from './source.js'
