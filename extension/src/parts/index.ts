// What views share: choices, sliders, the export menu, the table twin, the words for an empty drawing.
// Each is a function that makes an element (`node`) and what changes it; none knows a view.
// JupyterLab's shortcuts leave the keys alone that are pressed in them (`ownKeys`).
export { choice, toggles } from './choice.js'
export { exportMenu } from './exportMenu.js'
export { hint } from './hint.js'
export { ownKeys } from './ownKeys.js'
export { slider } from './slider.js'
export { snapshotSvg } from './snapshot.js'
export { tableTwin } from './tableTwin.js'
export { createTabs, type Tabs } from './tabs.js'
