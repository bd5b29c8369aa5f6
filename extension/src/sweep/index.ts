// The sweep view: heatmap, trials, parallel coordinates, learning curves, and the orders to the study that runs it.
// component.ts puts them together; what they show is arithmetic in src/views/sweep*.ts, figure.ts makes Plotly's figure.
// studyLink.ts is the page's end of the comm over which trials are launched, stopped and resumed.
export { createSweep } from './component.js'
