/** In the browser: the extension's own components, given what a notebook's output or a kernel's messages would hold. */

/// <reference path="../../../extension/src/plotly.d.ts" />
import { createGradientScale } from '../../../extension/src/gradientScale/index.js'
import { createImages } from '../../../extension/src/images.js'
import { followKernelRun } from '../../../extension/src/live/kernelRuns.js'
import { createLiveRun } from '../../../extension/src/live/liveRun.js'
import { createRun } from '../../../extension/src/run/index.js'
import { createSweep } from '../../../extension/src/sweep/index.js'
import type { Memory, ViewComponent } from '../../../extension/src/viewComponent.js'
import { parseView, type View } from '../../../src/views/schema.js'
import type { Point } from '../../../src/views/stream.js'
import { standInKernel } from './kernel.js'

export interface Frames {
  /** Frames a second, over the whole time. */
  readonly rate: number
  /** The longest time between two frames, in milliseconds. */
  readonly longest: number
}

const messagesPerSecond = 10

let component: ViewComponent | undefined

function show(view: View, tab?: string): ViewComponent {
  component?.dispose()
  const memory: Memory = { saved: tab === undefined ? undefined : { tab }, save: () => {} }
  if (view.view === 'gradient-scale') component = createGradientScale(memory)
  else if (view.view === 'run') component = createRun(memory)
  else component = view.view === 'sweep' ? createSweep(memory, () => undefined) : createImages()
  document.getElementById('view')!.replaceChildren(component.node)
  return component
}

/** Two frames later what was drawn is on the screen. */
const painted = () => new Promise<void>(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

/** Draws a payload; gives the milliseconds from its text to the screen. */
async function first(text: string, tab?: string): Promise<number> {
  const start = performance.now()
  const parsed = parseView(JSON.parse(text))
  if ('problem' in parsed) throw new Error(parsed.problem)
  await show(parsed.view, tab).update(parsed.view)
  await painted()
  return performance.now() - start
}

/** Counts frames until `end` resolves. */
async function frames(end: Promise<unknown>): Promise<Frames> {
  let [count, longest, ended] = [0, 0, false]
  void end.then(() => {
    ended = true
  })
  const start = performance.now()
  let last = start
  while (!ended) {
    const now = await new Promise<number>(resolve => requestAnimationFrame(() => resolve(performance.now())))
    longest = Math.max(longest, now - last)
    last = now
    count++
  }
  return { rate: (1000 * count) / (last - start), longest }
}

const sleep = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))
const noise = (n: number) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1

/**
 * A run that goes on, followed over its comm and drawn as in a notebook.
 * @param before points that are there already
 * @param rate points a second
 */
async function stream(before: number, rate: number, seconds: number): Promise<Frames & { points: number }> {
  const kernel = standInKernel(before + rate * seconds)
  let iteration = 0
  const add = (count: number) => {
    for (let i = 0; i < count; i++) kernel.append(pointAt(++iteration))
  }
  add(before)
  component?.dispose()
  const live = createLiveRun(followKernelRun(kernel.connection, kernel.run), { saved: undefined, save() {} })
  component = { ...live, update: async () => {} }
  document.getElementById('view')!.replaceChildren(live.node)
  while (live.node.querySelectorAll('.scatterlayer .trace').length === 0 && before > 0) await sleep(50)
  await painted()

  const feed = async () => {
    const start = performance.now()
    let given = 0
    while (given < rate * seconds) {
      await sleep(1000 / messagesPerSecond)
      const due = Math.min(rate * seconds, Math.floor(((performance.now() - start) / 1000) * rate))
      add(due - given)
      given = due
      kernel.push()
    }
  }
  const counted = await frames(feed())
  const points = Number(live.node.dataset.points)
  if (points !== before + rate * seconds) throw new Error(`${points} points arrived of ${before + rate * seconds}`)
  return { ...counted, points }
}

function pointAt(iteration: number): Point {
  const value = Math.exp(-iteration / 20_000) + 0.2 * noise(iteration)
  return {
    kind: 'point',
    iteration,
    values: {
      'losses.generator': value,
      'losses.discriminator': 1 - value / 2,
      'scores.real': 0.5 + 0.1 * noise(iteration + 1),
      'gradientNorms.total': 0.1 + value,
      seconds: 0.2,
    },
  }
}

const bench = {
  first,
  stream,
  frames: (milliseconds: number) => frames(sleep(milliseconds)),
  clear() {
    component?.dispose()
    component = undefined
    document.getElementById('view')!.replaceChildren()
  },
}
export type Bench = typeof bench
Object.assign(globalThis, { bench })
