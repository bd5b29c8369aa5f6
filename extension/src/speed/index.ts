// How fast a run goes and how much memory it takes: the figures of now, and their courses.
// model.ts has figures and panels without a page; component.ts draws them.
// Several runs are drawn over one another.
export { createSpeed } from './component.js'
