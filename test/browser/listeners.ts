import type { Page } from 'playwright-core'

interface Listening {
  readonly target: WeakRef<EventTarget>
  readonly type: string
  readonly listener: WeakRef<object>
  readonly where: string
}

/**
 * In the page, before its scripts: notes which event listeners the extension's files set, Plotly's among them, and does not
 * take away. JupyterLab's own are left out: of every document that was opened it keeps the keys of its toolbar's buttons, and of
 * the last one all that React listens to, which makes 20 to 210 listeners for five documents, of plain text as well.
 */
function noteListeners(): void {
  const noted: Listening[] = []
  Object.assign(globalThis, { noted })
  const { addEventListener, removeEventListener } = EventTarget.prototype
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const where = new Error().stack!.split('\n').find(line => line.includes('/extensions/adt-extension/'))
    if (where && listener) noted.push({ target: new WeakRef(this), type, listener: new WeakRef(listener), where })
    addEventListener.call(this, type, listener, options)
  }
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    const at = noted.findIndex(
      one => one.target.deref() === this && one.type === type && one.listener.deref() === listener,
    )
    if (at >= 0) noted.splice(at, 1)
    removeEventListener.call(this, type, listener, options)
  }
}

export async function watchListeners(page: Page): Promise<void> {
  await page.addInitScript(noteListeners)
}

/** What the extension still listens to on anything that is still in memory, a line each; to be asked after a collection. */
export async function stillListening(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { noted } = globalThis as unknown as { noted: Listening[] }
    return noted.flatMap(({ target, type, where }) => (target.deref() ? [`${type} ${where.trim()}`] : []))
  })
}
