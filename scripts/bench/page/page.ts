/** In the browser: the extension's own components, given what a notebook's output or a kernel's messages would hold. */

/// <reference path="../../../extension/src/plotly.d.ts" />
import { createGradientScale } from '../../../extension/src/gradientScale/index.js'
import { createImages } from '../../../extension/src/images.js'
import { createRun } from '../../../extension/src/run/index.js'
import { createSweep } from '../../../extension/src/sweep/index.js'
import type { Memory, ViewComponent } from '../../../extension/src/viewComponent.js'
import { parseView, type RunView, type View } from '../../../src/views/schema.js'
import { createRunLog } from '../../../src/views/streamLog.js'
import { createStreamModel } from '../../../src/views/streamModel.js'
import { thin } from '../../../src/views/thin.js'

export interface Frames {
  /** Frames a second, over the whole time. */
  readonly rate: number
  /** The longest time between two frames, in milliseconds. */
  readonly longest: number
}

const messagesPerSecond = 10
/** As the live view does: a drawing every quarter of a second at most, and at most a quarter of the time. */
const shortest = 250
const share = 1 / 4
const drawnPoints = 500

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
 * A run that goes on: its points come as the kernel sends them, are taken in by the page's model and drawn.
 * @param before points that are there already
 * @param rate points a second
 */
async function stream(
  before: number,
  rate: number,
  seconds: number,
): Promise<Frames & { points: number; drawings: number }> {
  const log = createRunLog('bench', { label: 'bench', total: before + rate * seconds, status: 'running' })
  const model = createStreamModel('bench')
  let [known, sent, iteration] = [-1, 0, 0]
  const add = (count: number) => {
    for (let i = 0; i < count; i++) {
      iteration++
      const value = Math.exp(-iteration / 20_000) + 0.2 * noise(iteration)
      const values = {
        'losses.generator': value,
        'losses.discriminator': 1 - value / 2,
        'scores.real': 0.5 + 0.1 * noise(iteration + 1),
        'gradientNorms.total': 0.1 + value,
      }
      log.append({ kind: 'point', iteration, values })
    }
    while (sent < log.length) {
      const { update, buffers, next } = log.read(sent, 1_000_000, known)
      known = log.about.revision
      sent = next
      model.receive(structuredClone(update), buffers, performance.now())
    }
  }
  add(before)
  const viewNow = (): RunView => {
    const { iterations, columns } = model.data
    const kept = thin([...columns.values()], iterations.length, drawnPoints)
    const group = (name: string) =>
      Object.fromEntries(
        [...columns]
          .filter(([column]) => column.startsWith(`${name}.`))
          .map(([column, values]) => [column.slice(name.length + 1), kept.map(i => values[i] ?? null)]),
      )
    const run = {
      ...{ label: 'bench', status: 'running' as const, settings: [], samples: [], learningRates: {} },
      iteration: kept.map(i => iterations[i]!),
      ...{ losses: group('losses'), scores: group('scores'), gradientNorms: group('gradientNorms') },
    }
    return { version: 1, view: 'run', runs: [run] }
  }
  const shown = show(viewNow())
  await shown.update(viewNow())
  await painted()

  let drawings = 0
  let going = true
  const draw = async () => {
    while (going) {
      const start = performance.now()
      await shown.update(viewNow())
      drawings++
      const took = performance.now() - start
      await sleep(Math.max(shortest - took, took * (1 / share - 1)))
    }
  }
  const feed = async () => {
    const start = performance.now()
    let given = 0
    while (performance.now() - start < 1000 * seconds) {
      await sleep(1000 / messagesPerSecond)
      const due = Math.floor(((performance.now() - start) / 1000) * rate)
      add(due - given)
      given = due
    }
    going = false
  }
  const drawing = draw()
  const counted = await frames(feed())
  await drawing
  if (model.data.iterations.length !== log.length) throw new Error('points were lost')
  return { ...counted, points: model.data.iterations.length, drawings }
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
