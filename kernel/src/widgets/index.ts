// Progress bars and sliders by the protocol of ipywidgets (version 2.1 of its messages), which JupyterLab, VS Code and
// other front ends draw. A widget is a model behind a comm: state goes both ways, and the page may ask for all of it
// again. See @jupyter-widgets/schema for the messages and the state of each model.
import type { Host } from '../execution/host.js'
import { createModels } from './model.js'
import { type ProgressBar, type ProgressOptions, progressBar } from './progress.js'
import { type Slider, type SliderOptions, slider } from './slider.js'

export type { ProgressBar, ProgressOptions, Slider, SliderOptions }

export interface Widgets {
  /**
   * A progress bar, which shows itself when it ends a cell, or by `show()`.
   *
   *     const bar = jupyter.widgets.progress({ max: 100, description: 'steps' }).show()
   *     for (let i = 0; i < 100; i++) bar.value++
   */
  progress(options?: ProgressOptions): ProgressBar
  /**
   * A slider, for whole numbers if all of its are whole, which shows itself when it ends a cell, or by `show()`.
   *
   *     jupyter.widgets.slider({ max: 1, step: 0.01, value: 0.5, description: 'λ', onChange: x => console.log(x) })
   */
  slider(options?: SliderOptions): Slider
}

export function createWidgets(host: Host): Widgets {
  const models = createModels(host)
  return { progress: options => progressBar(models, options), slider: options => slider(models, options) }
}
