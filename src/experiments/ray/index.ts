// Trials on a Ray cluster, as jobs of its REST interface: the code travels as a package, metrics come back as JSON lines.
// Nothing waits inside Ray: trials are handed over as fast as nodes are free. openapi.ts is generated (npm run ray:types).
// What a node must have installed: startScript.ts.
export { RayError } from './errors.js'
export { type RayOptions, rayExecutor } from './executor.js'
export type { Code } from './package.js'
