import { strict as assert } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identify, journal, readStudy, readTrials, type Table, trialsOf } from '../../src/experiments/index.js'
import { createStopper } from '../../src/experiments/stopper.js'
import { adt } from '../cli/adt.js'

const folder = fileURLToPath(new URL('../../notebooks/studies/emoji', import.meta.url))
const names = readdirSync(folder).filter(name => existsSync(join(folder, name, 'study.json')))

/** The studies that the repository keeps, as this code reads them. */
describe('stored studies', function () {
  this.timeout(60_000)
  const stored = readTrials(folder)

  it('have trials that this code knows again: same settings, data, networks and version', () => {
    for (const { folder, trial } of stored) assert.equal(identify(trial.settings).key, trial.key, folder)
    const asked = new Set(names.flatMap(name => trialsOf(readStudy(join(folder, name))).map(({ key }) => key)))
    for (const { trial } of stored) assert.ok(asked.has(trial.key), `${trial.key} is no stored study’s`)
  })

  it('have journals that say what their trials do', () => {
    for (const name of names) {
      const expected = journal(readStudy(join(folder, name)), stored)
      assert.ok(readFileSync(join(folder, name, 'journal.log'), 'utf8') === expected, name)
    }
  })

  it('are what `adt study show` shows, unless other settings are asked for', async () => {
    const rowsOf = async (...words: string[]) => {
      const { rows } = JSON.parse((await adt('study', 'show', 'table-3', '--json', ...words)).stdout) as Table
      return rows.map(({ method, seeds, fd }) => ({ method, seeds, known: typeof fd?.mean === 'number' }))
    }
    const [asRun, three, others] = await Promise.all([
      rowsOf(),
      rowsOf('--seeds', '3'),
      rowsOf('--set', 'iterations=7'),
    ])
    const { methods, seeds } = readStudy(join(folder, 'table-3'))
    const labels = Object.values(methods).map(({ label }) => label)
    const all = (seeds: number) => labels.map(method => ({ method, seeds, known: true }))
    assert.deepEqual(asRun, all(seeds.length))
    assert.deepEqual(three, all(3))
    assert.ok(others.every(({ method, known }) => known === (method === 'Base')))
  })

  it('stopped early what their arrivals say, at that rung, against that cutoff', () => {
    const ruled = names.map(name => readStudy(join(folder, name))).filter(({ stopping }) => stopping.kind !== 'none')
    assert.ok(ruled.length > 0)
    for (const study of ruled) {
      const trials = trialsOf(study)
      const stopper = createStopper(study, folder, trials)
      for (const { key } of trials) {
        const result = stored.find(({ trial }) => trial.key === key)?.result
        if (result?.state === 'stopped') assert.deepEqual(result.stopped, stopper.reasonOf(key), key)
      }
    }
  })
})
