/**
 * That the same settings still lead to the same figures: methods run for a few iterations, and its numbers are those
 * that were stored with `figuresVersion`. Where a change of the code is meant to give others, raise it (src/experiments/key.ts)
 * and store them: ADT_STORE_FIGURES=1 npx mocha test/experiments/figures.test.ts, and npm run format
 */
import { strict as assert } from 'node:assert'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTrial, type MetricLine, parseStudy, trialsOf } from '../../src/experiments/index.js'
import { figuresVersion } from '../../src/experiments/key.js'
import { runTrial } from '../../src/experiments/runTrial.js'
import { presets } from '../../src/tuning/settings.js'
import { fixtures } from './conformance.js'
import { newFolder } from './stored.js'
import { tinyStudy } from './tinyStudy.js'

interface Stored {
  figuresVersion: number
  presets: Record<string, Record<string, unknown>>
  /** By method: every number that its trial wrote, line by line. */
  lines: Record<string, Record<string, number>[]>
}

const file = join(fixtures, 'figures.json')
const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored
/** What another processor's rounding may change in four digits; a change of what is computed changes more. */
const tolerance = 0.01

const sampling = { sampler: 'ddim', steps: 3, guidance: 2 } as const
const study = parseStudy(
  tinyStudy({
    base: {
      sampling,
      iterations: 2,
      tuning: { batch: 2, K: 2, H: 1, warmup: 0, learningRate: 0.001, average: 0.5, normsEvery: 1 },
      evaluations: { ddim: { ...sampling, captions: 4 } },
    },
    methods: {
      ft: { label: 'FT', settings: { method: 'ft' } },
      adt: { label: 'ADT', settings: { method: 'adt' } },
      /** What the methods of Table 3 change, all of it in one: the time a trial takes is that of recording its graphs. */
      variants: {
        label: 'all that variants change',
        settings: {
          method: 'adt',
          sampling: { ...sampling, sampler: 'dpm-solver' },
          tuning: {
            ...{ path: 'drtune', matchScale: true, choose: 'spaced', earlyStop: 1, lambda: 0 },
            discriminator: { kind: 'single' },
          },
        },
      },
    },
    against: 'ft',
  }),
)

describe('the figures of this version', function () {
  this.timeout(240_000)
  const found: Stored = { figuresVersion, presets, lines: {} }
  let folder: string
  before(() => {
    folder = newFolder()
  })
  after(() => {
    rmSync(folder, { recursive: true })
    if (process.env.ADT_STORE_FIGURES) writeFileSync(file, `${JSON.stringify(found)}\n`)
  })

  it('are stored', () => {
    if (!process.env.ADT_STORE_FIGURES) assert.equal(stored.figuresVersion, figuresVersion)
  })

  it('come of the presets that they were stored with', () => {
    if (process.env.ADT_STORE_FIGURES) return
    for (const [preset, values] of Object.entries(stored.presets)) {
      // A setting that is new may be there: if it does something by default, the trials below tell.
      const now = presets[preset as keyof typeof presets] as Record<string, unknown>
      for (const [name, value] of Object.entries(values)) assert.deepEqual(now[name], value, `${preset}: ${name}`)
    }
  })

  for (const trial of trialsOf(study)) {
    const { method } = trial.arms[0]!
    it(`${method}: every number is as it was`, async () => {
      const own = createTrial(folder, study, trial)
      const lines: Record<string, number>[] = []
      for await (const line of runTrial(own, new AbortController().signal)) lines.push(numbersIn(line))
      found.lines[method] = lines
      if (process.env.ADT_STORE_FIGURES) return
      const expected = stored.lines[method]
      assert.equal(lines.length, expected?.length)
      // Numbers that are new may be there.
      for (const [i, line] of expected!.entries()) {
        for (const [name, before] of Object.entries(line)) {
          const value = lines[i]![name]!
          const near = Math.abs(value - before) <= tolerance * Math.max(Math.abs(before), 1e-3)
          assert.ok(near, `line ${i}, ${name}: ${value}, stored is ${before}: is figuresVersion to be raised?`)
        }
      }
    })
  }
})

/** All numbers of a line but for times, by their path. */
function numbersIn(line: MetricLine | object, path = ''): Record<string, number> {
  return Object.fromEntries(
    Object.entries(line).flatMap(([name, value]): [string, number][] => {
      if (name === 'seconds') return []
      if (typeof value === 'number') return [[`${path}${name}`, value]]
      return value && typeof value === 'object' ? Object.entries(numbersIn(value, `${path}${name}.`)) : []
    }),
  )
}
