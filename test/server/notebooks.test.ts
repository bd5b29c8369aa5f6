import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readStudy, readTrials, tableOf } from '../../src/experiments/index.js'
import { type Lab, root, startLab } from './lab.js'
import { type CellRun, runNotebook } from './runNotebook.js'

const notebooks = existsSync(join(root, 'notebooks'))
  ? readdirSync(join(root, 'notebooks'))
      .filter(name => name.endsWith('.ipynb'))
      .map(name => `notebooks/${name}`)
  : []

/** What a run must show, besides raising no error. */
const shown: Record<string, RegExp[]> = {
  // Where the curves of Fig. A1 start; and by tape and by pull-back the same gradient along Eq. 11.
  'notebooks/02-why-gradients-explode.ipynb': [
    /\b131\.44\b/,
    /\b13\.15\b/,
    /\b108\.00\b/,
    /\b11\.72\b/,
    /adt +(\d+) +\1 +[\d.]+·10⁻[⁵-⁹]/,
  ],
  // The stored study's table and what follows from it, and the trial that was run.
  'notebooks/03-ablation-tables.ipynb': [
    /^ADT +\d\/\d +[\d.]+ ± [\d.]+/m,
    /Best mean FD: .*ADT/,
    /^\+ DRTune: .* difference/m,
    /2 of 2 trials finished/,
    /^last K +1\/1 +[\d.]+/m,
  ],
  'notebooks/04-sweeps.ipynb': [
    /\d+ cells have finished trials/,
    /(\d+) by hand, \1 by the sweep/,
    /2 of 2 trials|1 of 2 trials/,
  ],
  'notebooks/06-sampler-generalization.ipynb': [
    // What is stored of the crossed trials, and nothing in the place of what is not.
    ...['FT', 'ADT-DDIM', 'ADT-DPMS'].map(crossed),
    /drawn with DDIM: (not run|[+-][\d.]+(, [+-]?[\d.]+)*)$/m,
    /^ADT: [\d.]+ \([\d., ]+\)$/m,
    /1 of 1 trials finished/,
  ],
}

/** A method's line in the cross of Table 2: its mean with either sampler, as its stored trials have it. */
function crossed(method: string): RegExp {
  const folder = join(root, 'notebooks', 'studies', 'emoji')
  const { rows } = tableOf(readStudy(join(folder, 'table-2')), readTrials(folder))
  const cells = ['ddim', 'dpms'].map(evaluation => {
    const fd = rows.find(row => row.method === method && row.evaluation === evaluation)?.fd
    return fd ? `${fd.mean.toPrecision(4)} ± \\S+` : 'not run'
  })
  return new RegExp(`^${[method, ...cells].join(' +')}$`, 'm')
}

describe('notebooks on a Jupyter server', () => {
  let lab: Lab | undefined

  before(async function () {
    this.timeout(120_000)
    lab = await startLab()
  })

  after(async function () {
    this.timeout(60_000)
    assert.equal(await lab?.stop(), 0, 'Ctrl-C ends npm start cleanly')
  })

  it('runs cells: values, printed lines, types, pictures of errors', async function () {
    this.timeout(120_000)
    const runs = await runNotebook(lab as Lab, 'test/server/kernel.ipynb')
    const [printed, value, failing] = runs
    assert.equal(runs.length, 3, 'the cell after the error does not run')
    assert.deepEqual(textOf(printed), 'one\ntwo\n')
    assert.match(JSON.stringify(value?.outputs), /"text\/plain":"42"/)
    assert.equal(failing?.error?.name, 'RangeError')
    assert.equal(failing.error.value, 'meant to fail')
  })

  for (const path of notebooks) {
    it(`runs ${path} without an error`, async function () {
      this.timeout(600_000)
      const runs = await runNotebook(lab as Lab, path)
      const failed = runs.find(run => run.error)
      assert.equal(failed, undefined, failed && describeFailure(failed))
      assert.ok(runs.length > 0)
      const texts = runs.flatMap(({ outputs }) => outputs.map(plainText)).join('\n')
      for (const figure of shown[path] ?? []) assert.match(texts, figure)
    })
  }
})

function textOf(run: CellRun | undefined): string {
  const contents = (run?.outputs ?? []).map(({ content }) => content as { text?: string })
  return contents.map(({ text }) => text ?? '').join('')
}

const plainText = ({ content }: CellRun['outputs'][number]) =>
  String((content as { data?: Record<string, unknown> }).data?.['text/plain'] ?? '')

const describeFailure = ({ source, error }: CellRun) =>
  `${error?.name}: ${error?.value}\n${error?.traceback.join('\n')}\nin the cell\n${source}`
