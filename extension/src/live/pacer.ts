/** Draws when there is something new, the node is in sight, and the last drawing is long enough ago. */

/** Milliseconds between two drawings, at least. */
const shortest = 250
/** Drawing takes at most this share of the time. */
const share = 1 / 4

export interface Pacer {
  /** There is news. */
  wake(): void
  dispose(): void
}

/** A hidden node, a closed tab of the panel and a page in the background do not draw; the latest state is drawn when they are seen. */
export function createPacer(node: HTMLElement, draw: () => Promise<void> | void): Pacer {
  let dirty = false
  let seen = false
  let busy = false
  let disposed = false
  let earliest = 0
  let timer = 0

  const run = async () => {
    timer = 0
    if (disposed || busy || !dirty || !seen || document.hidden) return
    dirty = false
    busy = true
    const began = performance.now()
    try {
      await draw()
    } finally {
      busy = false
      const took = performance.now() - began
      earliest = performance.now() + Math.max(shortest - took, took * (1 / share - 1))
      plan()
    }
  }
  const plan = () => {
    if (disposed || timer || busy || !dirty || !seen || document.hidden) return
    timer = window.setTimeout(() => void run(), Math.max(0, earliest - performance.now()))
  }
  const sight = new IntersectionObserver(entries => {
    seen = entries.at(-1)!.isIntersecting
    plan()
  })
  sight.observe(node)
  document.addEventListener('visibilitychange', plan)
  return {
    wake() {
      dirty = true
      plan()
    },
    dispose() {
      disposed = true
      clearTimeout(timer)
      sight.disconnect()
      document.removeEventListener('visibilitychange', plan)
    },
  }
}
