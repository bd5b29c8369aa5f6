/** The language of all that the extension shows: the one that JupyterLab has. */

import type { ITranslator } from '@jupyterlab/translation'
import { speak } from '../../src/views/words.js'

/** Told by each plugin when it starts, before anything is drawn. JupyterLab's page is loaded anew for another language. */
export function speakAs(translator: ITranslator | null): void {
  speak(translator?.load('adt'))
}
