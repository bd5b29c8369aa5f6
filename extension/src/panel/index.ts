// The main area's panel of a run: commands and all that offers them (plugin.ts), the choice of a run (chooser.ts).
// panel.ts is the widget, also of a metrics.jsonl that is opened (document.ts); what it holds is in live/.
// settings.ts has the defaults of schema/panel.json.
export { panel } from './plugin.js'
