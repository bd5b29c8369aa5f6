import assert from 'node:assert/strict'
import sharp from 'sharp'
import {
  parseView,
  type SweepRow,
  type SweepView,
  sweepView,
  viewBundle,
  viewMime,
  viewPicture,
  viewText,
} from '../../src/views/index.js'
import { heatmapOf, shadesOf } from '../../src/views/sweepModel.js'
import { sweepPicture } from '../../src/views/sweepPicture.js'
import {
  bestFirst,
  cellText,
  cellWords,
  paperText,
  settingName,
  sortTrials,
  sweepStatusNow,
  trialColumns,
  whyStopped,
} from '../../src/views/sweepWords.js'

const metric = { name: 'fd', better: 'lower' } as const
const row = (lambda: number, K: number, seed: number, more: Partial<SweepRow> = {}): SweepRow => ({
  method: 'ADT',
  settings: { 'tuning.lambda': lambda, 'tuning.K': K },
  seed,
  state: 'finished',
  ...more,
})
/** λ × K with two seeds: one cell settled, one half, one under way, one stopped, one failed, one not begun. */
const rows = [
  row(0, 1, 0, { value: 4 }),
  row(0, 1, 1, { value: 6 }),
  row(0, 3, 0, { value: 3 }),
  row(0, 3, 1, { state: 'running', value: 1, iteration: 5, total: 10 }),
  row(0.5, 1, 0, { state: 'running', value: 2 }),
  row(0.5, 1, 1, { state: 'waiting' }),
  row(0.5, 3, 0, { state: 'stopped', value: 9, stopped: { rung: 4, value: 9, cutoff: 8 } }),
  row(0.5, 3, 1, { state: 'failed', message: 'no memory' }),
  row(1, 1, 0, { state: 'waiting' }),
]
const axes = ['tuning.lambda', 'tuning.K']
const sweep = () => sweepView(rows, { title: 'a sweep', metric, axes })
const heatmap = (view: SweepView, held?: Map<string, string>) =>
  heatmapOf(view, { axes: view.axes, ...(held && { held }) })

describe('sweepView', () => {
  it('survives the notebook file unchanged', () => {
    const view = sweep()
    assert.deepEqual(parseView(JSON.parse(JSON.stringify(view))), { view })
  })

  it('carries text and a PNG that is not blank', async () => {
    const bundle = viewBundle(sweep())
    assert.deepEqual(Object.keys(bundle), [viewMime, 'image/png', 'text/plain'])
    const stats = await sharp(Buffer.from(String(bundle['image/png']), 'base64')).stats()
    assert.ok(stats.channels.some(channel => channel.stdev > 3))
  })

  it('takes the last row of a trial, its curve’s last value and its end', () => {
    const curve = { iteration: [1, 2, 3], value: [9, 7, null] }
    const { trials } = sweepView([row(0, 1, 0), row(0, 1, 0, { curve, state: 'running' })], { metric })
    assert.deepEqual(
      trials.map(({ value, iteration, state }) => [value, iteration, state]),
      [[7, 3, 'running']],
    )
  })

  it('keeps 200 trials of 1,000 points to what a notebook carries, their spikes included', () => {
    const iteration = Array.from({ length: 1000 }, (_, i) => i)
    const many = Array.from({ length: 200 }, (_, seed) =>
      row(0, 1, seed, { curve: { iteration, value: iteration.map(i => (i === 321 ? 99 : Math.sin(i * seed))) } }),
    )
    const view = sweepView(many, { metric })
    assert.ok(JSON.stringify(view).length < 400_000)
    assert.ok(view.trials.every(({ curve }) => curve!.value.includes(99) && curve!.iteration.at(-1) === 999))
  })

  it('chooses the settings with the most values, and the method where there is only one', () => {
    const chosen = (all: SweepRow[]) => sweepView(all, { metric }).axes
    assert.deepEqual(chosen(rows), axes)
    const one = [1, 2, 3].flatMap(K => ['FT', 'ADT'].map(method => ({ ...row(0, K, 0), method, settings: { K } })))
    assert.deepEqual(chosen(one), ['K', 'method'])
    assert.deepEqual(chosen([row(0, 1, 0)]), ['method'])
  })

  it('refuses what it cannot draw', () => {
    assert.throws(() => sweepView([], { metric }), /no trials/)
    assert.throws(
      () => sweepView(rows, { metric, axes: ['K'] }),
      /no trial has the setting K; there are tuning.lambda, /,
    )
    assert.throws(() => sweepView([{ ...row(0, 1, 0), settings: { method: 1 } }], { metric }), /may be called method/)
  })

  const refused: [string, object, RegExp][] = [
    ['a state that is none', { trials: [{ ...sweep().trials[0], state: 'gone' }] }, /trials\.0\.state/],
    ['two trials of one key', { trials: [sweep().trials[0], sweep().trials[0]] }, /the same key/],
    ['an axis twice', { axes: ['a', 'a'] }, /two different ones/],
    [
      'a curve with ends that do not meet',
      { trials: [{ ...sweep().trials[0], curve: { iteration: [1], value: [] } }] },
      /equally long/,
    ],
    ['a million trials', { trials: new Array(1e6).fill(0) }, /at most 4096/],
  ]
  for (const [name, wrong, message] of refused) {
    it(`is not parsed with ${name}`, () => {
      const parsed = parseView({ ...sweep(), ...wrong })
      assert.ok('problem' in parsed)
      assert.match(parsed.problem, message)
    })
  }
})

describe('the heatmap of a sweep', () => {
  it('has means over finished seeds; what has not finished is told apart, what has no value is empty', () => {
    const { cells, across, down } = heatmap(sweep())
    assert.deepEqual(
      [across.values, down?.values],
      [
        [0, 0.5, 1],
        [1, 3],
      ],
    )
    assert.deepEqual(
      cells.map(line => line.map(({ kind, mean, count }) => [kind, mean, count])),
      [
        [
          ['settled', 5, 2],
          ['provisional', 2, 1],
          ['empty', null, 0],
        ],
        [
          ['settled', 3, 1],
          ['provisional', 9, 1],
          ['empty', null, 0],
        ],
      ],
    )
    assert.equal(cells[0]![0]!.sd, Math.SQRT2)
  })

  it('marks the best of what has finished, whichever way is better', () => {
    const view = sweep()
    const lower = heatmap(view)
    assert.equal(lower.best, lower.cells[1]![0])
    const higher = heatmap({ ...view, metric: { name: 'text', better: 'higher' } })
    assert.equal(higher.best, higher.cells[0]![0])
  })

  it('holds what is on no axis at one value, so that cells are means over seeds alone', () => {
    const both = [...rows, { ...row(0, 1, 0), method: 'DRTune', value: 100 }]
    const view = sweepView(both, { metric, axes })
    const own = heatmap(view)
    assert.deepEqual(own.held, [{ dimension: { name: 'method', values: ['ADT', 'DRTune'] }, value: 'ADT' }])
    assert.equal(own.cells[0]![0]!.mean, 5)
    assert.equal(heatmap(view, new Map([['method', 'DRTune']])).cells[0]![0]!.mean, 100)
  })

  it('leaves out methods that know nothing of its axes', () => {
    const view = sweepView([{ ...row(0, 0, 0), method: 'FT', settings: {}, value: 1 }, ...rows], { metric, axes })
    assert.equal(heatmap(view).held.length, 0)
    assert.equal(heatmap(view).cells[0]![0]!.mean, 5)
  })

  it('spends its colours on the good cells when one corner is far worse', () => {
    const means = [10, 11, 12, 13, 500]
    const view = sweepView(
      means.map((value, K) => row(0, K, 0, { value })),
      { metric, axes: ['tuning.K'] },
    )
    const shades = shadesOf(heatmap(view).cells.flat(), 'lower')!
    assert.deepEqual([shades.best, shades.worst, shades.clipped], [10, 15, true])
    assert.deepEqual([10, 12.5, 15, 500].map(shades.shade), [1, 0.5, 0, 0])
    const [high] = [shadesOf(heatmap(view).cells.flat(), 'higher')!]
    assert.equal(high.shade(500), 1)
  })

  it('says how many seeds a cell stands for', () => {
    const view = sweep()
    const map = heatmap(view)
    const said = (r: number, c: number) => cellWords(view, map, r, c).join(' | ')
    assert.equal(said(0, 0), 'λ 0 · K 1 | fd 5 ± 1.41, 2 seeds')
    assert.equal(said(1, 0), 'λ 0 · K 3 | fd 3, 1 of 2 seeds | 1 running | best')
    assert.equal(said(0, 1), 'λ 0.5 · K 1 | fd 2 so far, 1 of 2 seeds, none finished | 1 running | 1 waiting')
    assert.equal(said(1, 2), 'λ 1 · K 3 | no trial')
    assert.deepEqual(cellText(map.cells[0]![2]!), { main: '', note: 'not run' })
    assert.deepEqual(cellText(map.cells[1]![1]!), { main: '9', note: 'stopped' })
  })
})

describe('the paper beside a sweep', () => {
  const figures = (FID: number) => ({ FID, HPS: 27.59 })
  const at = (lambda: number) => ({ method: 'ADT', settings: { 'tuning.lambda': lambda, 'tuning.K': 3 } })
  const cells = [
    { ...at(0), figures: figures(24.07) },
    { ...at(0.5), figures: figures(19.84) },
    { ...at(7), figures: figures(1) },
  ]
  const view = sweepView(rows, { metric, axes, paper: { name: 'FID', better: 'lower', cells } })

  it('stands in the cells of its settings, the best of those shown marked', () => {
    const { cells } = heatmap(view)
    assert.deepEqual(
      cells.map(line => line.map(cell => paperText(view, cell))),
      [
        ['', '', ''],
        ['paper 24.1', 'paper 19.8★', ''],
      ],
    )
    assert.match(
      cellWords(view, heatmap(view), 1, 1).at(-1)!,
      /the paper's FID 19\.84, HPS 27\.59, its best FID of these/,
    )
  })

  it('stands nowhere when other things are on the axes', () => {
    const other = heatmapOf(view, { axes: ['tuning.K'], held: new Map([['tuning.lambda', 1]]) })
    assert.ok(other.cells.flat().every(({ paper }) => paper === undefined))
    const own = heatmapOf(view, { axes: ['tuning.K'], held: new Map([['tuning.lambda', 0.5]]) })
    assert.deepEqual(
      own.cells[0]!.map(({ paper }) => paper?.figures.FID),
      [undefined, 19.84],
    )
  })

  it('survives the notebook file and is part of the picture', () => {
    assert.deepEqual(parseView(JSON.parse(JSON.stringify(view))), { view })
    assert.ok(!viewPicture(view).equals(viewPicture(sweep())))
  })
})

describe('the trials table of a sweep', () => {
  const column = (id: string) => trialColumns(sweep()).find(one => one.id === id)!

  it('tells settings, state, iteration, metric, and the rung and cutoff of what was stopped', () => {
    const columns = trialColumns(sweep())
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['method', 'λ', 'K', 'seed', 'state', 'iteration', 'fd', 'stopped at'],
    )
    const [running, stopped] = [sweep().trials[3]!, sweep().trials[6]!]
    assert.deepEqual(
      columns.map(one => one.text(running)),
      ['ADT', '0', '3', '1', 'running', '5 / 10', '1', ''],
    )
    assert.equal(column('stopped').text(stopped), '4: 9 > 8')
  })

  it('says in a sentence why a trial was stopped', () => {
    const stopped = { rung: 250, value: 14.123, cutoff: 14.121, seen: 7 }
    const [trial] = sweepView([row(0, 1, 0, { state: 'stopped', total: 2000, stopped })], { metric }).trials
    assert.equal(
      whyStopped(trial!, sweep()),
      'Stopped early at iteration 250 of 2000: its fd was 14.123, and the cutoff of the 7 trials there before it was at most 14.121.',
    )
    assert.equal(whyStopped(sweep().trials[0]!, sweep()), undefined)
  })

  it('sorts by any column, trials without a value last', () => {
    const by = (id: string, descending: boolean) =>
      sortTrials(sweep().trials, column(id), descending).map(({ value }) => value)
    assert.deepEqual(by('metric', false), [1, 2, 3, 4, 6, 9, null, null, null])
    assert.deepEqual(by('metric', true), [9, 6, 4, 3, 2, 1, null, null, null])
    const lambdas = sortTrials(sweep().trials, column('setting tuning.lambda'), true)
    assert.equal(lambdas[0]!.settings['tuning.lambda'], 1)
  })

  it('has the best finished trial first', () => {
    assert.deepEqual(
      bestFirst(sweep()).map(({ value }) => value),
      [3, 4, 6, 1, 2, 9, null, null, null],
    )
  })

  it('shortens names unless two settings would look the same', () => {
    assert.equal(settingName('tuning.lambda', ['tuning.lambda', 'a.K']), 'λ')
    assert.equal(settingName('a.steps', ['a.steps', 'b.steps']), 'a.steps')
  })
})

describe('words and picture of a sweep', () => {
  it('the text is a table to read', () => {
    const text = viewText(sweep())
    assert.match(text, /^a sweep\n3 of 9 trials finished · 2 running · 2 waiting · 1 stopped early · 1 failed\n/)
    assert.match(text, /K \\ λ +0 +0\.5 +1\n/)
    assert.match(text, /\n +3 +3\* \[1\/2\] +\(9\) +·\n\* best: λ 0 · K 3/)
    assert.match(text, /ADT +0\.5 +3 +0 +stopped +– +9 +4: 9 > 8/)
  })

  it('a text of many trials stays short', () => {
    const many = Array.from({ length: 500 }, (_, seed) => row(0, 1, seed, { value: seed }))
    const lines = viewText(sweepView(many, { metric })).split('\n')
    assert.ok(lines.length < 50)
    assert.match(lines.at(-1)!, /and \d+ more/)
  })

  it('does not call running what was last heard of long ago', () => {
    const view = sweep()
    const then = Date.parse(view.time)
    assert.ok(!sweepStatusNow(view, then + 1000).includes('no news'))
    assert.match(sweepStatusNow(view, then + 3_600_000), /2 running .* no news since/)
    const ended = { ...view, trials: view.trials.filter(({ state }) => state !== 'running') }
    assert.ok(!sweepStatusNow(ended, then + 3_600_000).includes('no news'))
  })

  it('a picture of many methods has room for their names', () => {
    const methods = ['Base', 'FT', 'ADT', '+ StyleGAN', '+ DRTune', 'w/o L_diff', '+ DRTune, matched', 'last K']
    const rows = methods.map((method, i) => ({ ...row(0, 1, 0, { value: i }), method, settings: {} }))
    const { parts } = sweepPicture(sweepView(rows, { metric }), { left: 0, top: 0, width: 700 })
    for (const method of methods) assert.equal(parts.filter(part => part.includes(`>${method}<`)).length, 2, method)
  })

  it('the picture takes any names and shapes', () => {
    const hostile = '</text><script>x</script>&"\u0000'
    const odd = [0, 1, 2].map(i => ({ ...row(0, 1, i), method: hostile, settings: { [hostile]: `${hostile}${i}` } }))
    const wide = Array.from({ length: 40 }, (_, i) => row(i, i, 0, { value: i }))
    assert.ok(viewPicture(sweepView(odd, { metric, title: hostile })).length > 1000)
    assert.ok(viewPicture(sweepView(wide, { metric })).length > 1000)
  })
})
