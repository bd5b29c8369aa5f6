// What the discriminator thinks of real and of generated images as training goes on, for one run.
// model.ts says what is drawn and figure.ts makes Plotly figures of it, both without a page; component.ts holds it together.
// moments.ts shows what it was given at some moments, with its scores.
export { createDiscriminator } from './component.js'
