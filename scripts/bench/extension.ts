/**
 * The extension in a headless browser: how soon each view is on the screen, how smoothly it moves while points stream in
 * or a large plot is explored, what it leaves in memory, and how large its files are. Beside it Optuna's and TensorBoard's
 * dashboards on the same data, where they are installed.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { machine, othersShare } from './machine.js'
import { type BenchBrowser, openBrowser } from './page/browser.js'
import { type Dashboard, dashboards } from './page/dashboards.js'
import type { Bench as InPage } from './page/page.js'
import { figureA1, manyImages, manySteps, wholeRun, wholeSweep } from './page/payloads.js'
import type { BenchOptions, Row, Section } from './rows.js'

type Part = (context: Context) => AsyncGenerator<Omit<Section, 'machine'>>

interface Context extends Pick<BenchOptions, 'rounds' | 'progress'> {
  browser: BenchBrowser
}

const parts: Record<string, Part> = { draw, stream, explore, heap, size }

export async function* extension({ rounds, only, progress }: BenchOptions): AsyncGenerator<Section> {
  const asked = only ?? Object.keys(parts)
  const unknown = asked.find(part => !(part in parts))
  if (unknown) throw new Error(`extension has no part ${unknown}. There are: ${Object.keys(parts).join(', ')}.`)
  const browser = await openBrowser()
  try {
    const busy = await othersShare(progress)
    for (const part of asked) {
      for await (const section of parts[part]!({ browser, rounds, progress })) {
        const about = { ...machine(), browser: browser.browser.version(), busy, load: loadavg()[0]!.toFixed(1) }
        yield { ...section, machine: about }
      }
    }
  } finally {
    await browser.close()
  }
}

/** What runs in the page: its `bench` is a global there. */
const inPage = <A, R>(page: Page, run: (bench: InPage, given: A) => R, given: A): Promise<Awaited<R>> =>
  page.evaluate(`(${run})(globalThis.bench, ${JSON.stringify(given)})`) as Promise<Awaited<R>>

const row = (setting: Row['setting'], unit: string, rounds: number[], peer: Row['peer'] = null): Row => ({
  ...{ bench: 'extension', setting, rounds, peer, unit },
})

/** From the payload's text to the screen: in a new page, Plotly's file included, and again in the same. */
async function* draw({ browser, rounds, progress }: Context) {
  const run = wholeRun()
  const sweep = wholeSweep()
  const views: [string, unknown, string?][] = [
    ['gradient scale', figureA1()],
    ['run: overview', run],
    ['run: gradient', run, 'gradient'],
    ['run: discriminator', run, 'discriminator'],
    ['run: samples', run, 'samples'],
    ['run: memory and speed', run, 'speed'],
    ['sweep of 200 trials', sweep],
    ['64 images', manyImages()],
  ]
  const found = dashboards(sweep, progress)
  const rows: Row[] = []
  for (const [view, payload, tab] of views) {
    progress(`draw: ${view}`)
    const text = JSON.stringify(payload)
    const figures = { 'first in a page': [] as number[], again: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      const page = await browser.open()
      const once = () => inPage(page, (bench, [text, tab]) => bench.first(text!, tab), [text, tab])
      figures['first in a page'].push(await once())
      figures.again.push(await once())
      await page.context().close()
    }
    rows.push(...Object.entries(figures).map(([which, all]) => row({ part: 'draw', view, which }, 'ms', all)))
  }
  yield { heading: 'From a payload’s text to the screen', rows }
  if (found.length > 0) yield await beside(browser, found, rounds, JSON.stringify(sweep), progress)
}

/** From going to an address to the curves of 200 trials on the screen, each in a browser without caches. */
async function beside(
  browser: BenchBrowser,
  peers: readonly Dashboard[],
  rounds: number,
  sweep: string,
  progress: Context['progress'],
): Promise<Omit<Section, 'machine'>> {
  const ours: number[] = []
  const theirs = new Map(peers.map(({ name }) => [name, [] as number[]]))
  for (const peer of peers) await peer.start()
  try {
    for (let round = 0; round < rounds; round++) {
      progress(`draw: beside ${peers.map(({ name }) => name).join(' and ')}, round ${round + 1} of ${rounds}`)
      const start = performance.now()
      const page = await browser.open()
      await inPage(page, (bench, text) => bench.first(text), sweep)
      ours.push(performance.now() - start)
      await page.context().close()
      for (const peer of peers) {
        const context = await browser.browser.newContext({ viewport: { width: 1280, height: 900 } })
        theirs.get(peer.name)!.push(await peer.open(await context.newPage()))
        await context.close()
      }
    }
  } finally {
    for (const peer of peers) peer.stop()
  }
  const setting = { part: 'draw', view: '200 trials', which: 'from the address' }
  return {
    heading: 'A study of 200 trials, from the address to its curves on the screen',
    rows: peers.map(({ name }) => row(setting, 'ms', ours, { name, rounds: theirs.get(name)! })),
  }
}

const streamed = { before: 100_000, rate: 100, seconds: 10 }

async function* stream({ browser, rounds, progress }: Context) {
  const figures = { 'frames a second': [] as number[], 'longest time between frames, ms': [] as number[] }
  for (let round = 0; round < rounds; round++) {
    progress(`stream: round ${round + 1} of ${rounds}`)
    const page = await browser.open()
    const { before, rate, seconds } = streamed
    const got = await inPage(page, (bench, [before, rate, seconds]) => bench.stream(before!, rate!, seconds!), [
      before,
      rate,
      seconds,
    ])
    figures['frames a second'].push(got.rate)
    figures['longest time between frames, ms'].push(got.longest)
    await page.context().close()
  }
  const rows = Object.entries(figures).map(([figure, all]) =>
    row({ part: 'stream', figure }, figure.split(', ')[1] ?? '1/s', all),
  )
  yield { heading: `100 points a second come into curves of 100,000 points`, rows }
}

/** The pointer moves over ten curves of 1,000 steps; then the plot is zoomed by dragging. */
async function* explore({ browser, rounds, progress }: Context) {
  const text = JSON.stringify(manySteps())
  const figures = { 'pointing: frames a second': [] as number[], 'zooming: frames a second': [] as number[] }
  for (let round = 0; round < rounds; round++) {
    progress(`explore: round ${round + 1} of ${rounds}`)
    const page = await browser.open()
    await inPage(page, (bench, text) => bench.first(text), text)
    const box = (await page.locator('.jp-AdtView-plot .nsewdrag').first().boundingBox())!
    const at = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height)
    const seconds = 4
    const moving = async (held: boolean) => {
      const end = performance.now() + 1000 * seconds
      for (let i = 0; performance.now() < end; i++) {
        await at(0.5 + 0.45 * Math.sin(i / 23), 0.5 + 0.4 * Math.sin(i / 7))
        if (held && i % 60 === 59) {
          await page.mouse.up()
          await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2)
          await page.mouse.down()
        }
      }
    }
    const counted = async (move: Promise<void>) => {
      const { rate } = await inPage(page, (bench, time) => bench.frames(time), 1000 * seconds)
      await move
      return rate
    }
    figures['pointing: frames a second'].push(await counted(moving(false)))
    await page.mouse.down()
    figures['zooming: frames a second'].push(await counted(moving(true)))
    await page.mouse.up()
    await page.context().close()
  }
  yield {
    heading: 'Exploring a gradient scale of 10,000 points',
    rows: Object.entries(figures).map(([figure, all]) => row({ part: 'explore', figure }, '1/s', all)),
  }
}

/** 30 minutes of a run of five iterations a second, replayed in 90 seconds. */
async function* heap({ browser, progress }: Context) {
  const page = await browser.open()
  const devtools = await page.context().newCDPSession(page)
  const used = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await devtools.send('Runtime.getHeapUsage')
    return usedSize / 2 ** 20
  }
  const rows: Row[] = []
  const note = async (when: string) => {
    progress(`heap: ${when}`)
    rows.push(row({ part: 'heap', when }, 'MiB', [await used()]))
  }
  const replay = (seconds: number) => inPage(page, (bench, seconds) => bench.stream(0, 100, seconds), seconds)
  // What the browser keeps of code and shapes after the first few is not the run's.
  for (let warm = 0; warm < 3; warm++) await replay(5)
  await inPage(page, bench => bench.clear(), null)
  await note('before')
  const playing = replay(90)
  for (const after of [30, 60, 85]) {
    await page.waitForTimeout(after === 30 ? 30_000 : after === 60 ? 30_000 : 25_000)
    await note(`after ${after} s of 90`)
  }
  await playing
  await inPage(page, bench => bench.clear(), null)
  await note('after it was closed')
  await page.context().close()
  yield { heading: 'JavaScript heap after a collection, while 30 minutes of a run are replayed in 90 s', rows }
}

async function* size(_: Context) {
  const folder = fileURLToPath(new URL('../../extension/labextension/static', import.meta.url))
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.js'))
    .map(name => ({ holds: '', content: readFileSync(`${folder}/${name}`), name }))
    .map(file => ({ ...file, holds: holding(file) }))
    .sort((a, b) => b.content.length - a.content.length)
  yield {
    heading: 'Files of the extension, as built',
    rows: files.flatMap(({ holds, name, content }) => {
      const file = { part: 'size', file: name.replace(/\.[0-9a-f]{8,}\./, '.'), holds }
      return [
        row({ ...file, as: 'file' }, 'KiB', [content.length / 1024]),
        row({ ...file, as: 'gzip' }, 'KiB', [gzipSync(content).length / 1024]),
      ]
    }),
  }
}

/** What is in a file, told by what only that has. */
function holding({ name, content }: { name: string; content: Buffer }): string {
  if (name.startsWith('remoteEntry')) return 'entry'
  const marks = { Plotly: 'scatterlayer hovertemplate', zod: 'ZodError', styles: 'container-type', views: 'jp-AdtView' }
  const found = Object.entries(marks).find(([, words]) => words.split(' ').every(word => content.includes(word)))
  return found?.[0] ?? 'other'
}
