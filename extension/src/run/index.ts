// A run, or several side by side: how far it is, and a tab for each view of it.
// head.ts says how far; overview.ts has curves and samples; the other tabs are in folders of their own.
// model.ts has words and tables without a page.
export { createRun } from './component.js'
