/** A run as it trains, or several side by side: how far they are, and tabs of which the shown one is drawn. */

import * as z from 'zod'
import type { Run, RunView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'
import { createDiscriminator } from '../discriminator/index.js'
import { element } from '../dom.js'
import { createMeasuredGradient } from '../gradientScale/index.js'
import { createTabs } from '../parts/index.js'
import { createSampleView } from '../samples/index.js'
import { createSpeed } from '../speed/index.js'
import type { Memory, Settings, ViewComponent } from '../viewComponent.js'
import { headsOf } from './head.js'
import { createOverview } from './overview.js'

/** How often a view of a running run looks whether news still come. */
const watchEvery = 15_000

interface Part {
  readonly id: string
  readonly name: string
  readonly create: (memory: Memory) => ViewComponent
  /** Whether a run has anything for it. */
  readonly has: (run: Run) => boolean
}

const parts = (): readonly Part[] => [
  { id: 'overview', name: trans.__('Overview'), create: createOverview, has: () => true },
  {
    id: 'gradient',
    name: trans.__('Gradient'),
    create: createMeasuredGradient,
    has: ({ stepNorms }) => stepNorms !== undefined,
  },
  {
    id: 'discriminator',
    name: trans.__('Discriminator'),
    create: createDiscriminator,
    has: ({ scoreHistory }) => scoreHistory !== undefined,
  },
  { id: 'samples', name: trans.__('Samples'), create: createSampleView, has: ({ samples }) => samples.length > 0 },
  { id: 'speed', name: trans.__('Memory and speed'), create: createSpeed, has: ({ seconds }) => seconds !== undefined },
]

/** What the reader has set; kept in the notebook's output. */
const readerSchema = z.object({
  tab: z.string().max(40).optional(),
  /** What is set in each tab, by its id; the tab checks its own. */
  parts: z.record(z.string().max(40), z.unknown()).optional(),
})

export function createRun({ saved, save }: Memory): ViewComponent {
  const { tab: first, parts: savedParts = {} } = readerSchema.safeParse(saved).data ?? {}
  let reader: Settings = first === undefined ? {} : { tab: first }
  const keep = (changes: Settings) => {
    reader = { ...reader, ...changes }
    save(reader)
  }
  let kept = savedParts as Settings
  const memoryOf = (id: string): Memory => ({
    saved: kept[id],
    save(settings) {
      kept = { ...kept, [id]: settings }
      keep({ parts: kept })
    },
  })
  const all = parts()
  const heads = element('div', { class: 'jp-AdtView-runs' })
  const components = new Map<string, ViewComponent>()
  let view: RunView | undefined

  const tabs = createTabs(
    trans.__('Views of the run'),
    all.map(({ id, name, create }) => ({
      id,
      name,
      make() {
        const component = create(memoryOf(id))
        components.set(id, component)
        return component.node
      },
    })),
    first,
    tab => {
      keep({ tab })
      void draw()
    },
  )
  const node = element('section', { class: 'jp-AdtView-run' }, heads, tabs.node)

  const headings = () => {
    if (view) heads.replaceChildren(...headsOf(view))
  }
  const watch = setInterval(() => {
    if (view?.runs.some(run => run.status === 'running')) headings()
  }, watchEvery)
  const draw = async () => {
    if (view) await components.get(tabs.shown)?.update(view)
  }

  return {
    node,
    async update(next) {
      if (next.view !== 'run') return
      view = next
      headings()
      tabs.offer(all.filter(({ has }) => next.runs.some(has)).map(({ id }) => id))
      await draw()
    },
    redraw: () => components.get(tabs.shown)?.redraw(),
    dispose() {
      clearInterval(watch)
      for (const component of components.values()) component.dispose()
    },
  }
}
