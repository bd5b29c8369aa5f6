// The debugger: breakpoints, steps and variables in cells, for JupyterLab's debugger panel and other clients.
// Jupyter carries the Debug Adapter Protocol (adapter.ts, messages.ts); the execution process is asked in the Chrome
// DevTools Protocol (target.ts, inspector.ts), by a thread that also answers while a cell is stopped.
export { createDebugger, type Debugger, type DebuggerOptions } from './adapter.js'
