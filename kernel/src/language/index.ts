// The notebook's language, in a process of its own: from a cell to JavaScript with its types checked, completion and
// inspection. No user code runs here; what a cell declares is known to the next ones by its declarations alone.
// client.ts is the kernel's end, process.ts the process, serve.ts and session.ts what it answers.
export { type Language, startLanguage } from './client.js'
export { rememberConversions } from './remember.js'
export type { Checking, Completion, Conversion, Inspection, LocalModule, Problem, Script } from './types.js'
