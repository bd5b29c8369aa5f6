/** What a stored study is, for a cell: its question, how it is answered, how large it is, and what made it. */

import { fewestSeeds, findStudy, type Study, trialsOf } from '../experiments/index.js'
import { presets } from '../tuning/index.js'
import type { Displayable } from './host.js'
import { markdown } from './markdown.js'
import { studyIn } from './studyTable.js'

/**
 * The card of a study's folder. A study that was run smaller than the project defines it says so, and one that was not run.
 * @throws Error naming the file that is missing or is no study's
 */
export function studyCard(folder: string): Displayable {
  const study = studyIn(folder)
  const { question, metric, methods, against, command } = study
  const defined = definition(study)
  const lines = [
    `**${study.title}.** ${question}`,
    '',
    `- **Decides:** ${metric.name}, ${metric.better} is better; every row against ${methods[against]!.label}, seed by seed.`,
    `- **Ends:** ${ending(study)}.`,
    `- **Size:** ${size(study)}.`,
    `- **${command ? 'Run' : 'Not run. It would be'} by:** \`${command ?? `npx adt study run ${study.name} --scale ${study.scale}`}\``,
  ]
  const isSmall = defined !== undefined && work(defined) > work(study)
  return markdown(...lines, ...(isSmall ? ['', smallness(study, defined)] : []))
}

/** How much smaller a study is than as it is defined, and what it can tell nevertheless. */
function smallness(study: Study, defined: Study): string {
  const times = Number((work(defined) / work(study)).toPrecision(2))
  const told =
    study.seeds.length < fewestSeeds
      ? 'What is stored shows what a study leaves and how it is read. It cannot show which method is better.'
      : 'What it tells, it tells of tuning that is as short as this: more iterations may turn the order.'
  return `> **A small stored study.** As the project defines it, it is ${size(defined)}: ${times} times the work. ${told}`
}

function definition({ name, scale }: Study): Study | undefined {
  try {
    return findStudy(name, scale)
  } catch {
    return undefined
  }
}

function ending({ stopping }: Study): string {
  if (stopping.kind === 'none') return 'every trial after its last iteration'
  const percent = Number((100 * stopping.first).toPrecision(3))
  return `after ${percent} % of its iterations, and whenever it has run ${stopping.factor} times as long, a trial goes on only if it is among the best 1/${stopping.factor} seen there so far (ASHA)`
}

function size(study: Study): string {
  const { base, seeds } = study
  const trials = trialsOf(study).length
  const of = seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`
  return `${trials} trials with ${of} a row, ${base.iterations} iterations of ${batchOf(study)} images`
}

/** Images that all trials learn from, together. */
const work = (study: Study) => trialsOf(study).length * Number(study.base.iterations) * batchOf(study)

function batchOf({ base }: Study): number {
  const { batch } = (base.tuning ?? {}) as { batch?: number }
  return batch ?? presets[(base.preset as keyof typeof presets | undefined) ?? 'emoji'].batch
}
