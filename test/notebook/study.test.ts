import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { changedStudy, findStudy, parseStudy, type Study, trialsOf } from '../../src/experiments/index.js'
import { writeStudy } from '../../src/experiments/store.js'
import { type Displayable, display, markdown, studyCard, studyPlot, studyTable } from '../../src/notebook/index.js'
import { drawCurves } from '../../src/notebook/studyCurves.js'
import { figures, newFolder, store, storeMetrics } from '../experiments/stored.js'
import { tinyStudy } from '../experiments/tinyStudy.js'

const shown = (value: Displayable, mime: string) => String(value[display]()[mime])

describe('a stored study in a cell', () => {
  let scale: string
  beforeEach(() => {
    scale = newFolder()
  })
  afterEach(() => rmSync(scale, { recursive: true }))

  function keep(study: Study): string {
    writeStudy(scale, study)
    return join(scale, study.name)
  }

  it('has a card: the question, what decides, how large it is, and what ran it', () => {
    const card = shown(
      studyCard(keep({ ...parseStudy(tinyStudy()), command: 'npx adt study run tiny' })),
      'text/markdown',
    )
    assert.match(card, /Is it run\?/)
    assert.match(card, /fd, lower is better; every row against ADT/)
    assert.match(card, /2 trials with one seed a row, 4 iterations of 2 images/)
    assert.match(card, /`npx adt study run tiny`/)
    assert.doesNotMatch(card, /small stored study/)
  })

  it('that was run smaller than it is defined says so, and by how much; the definition itself does not', () => {
    const whole = findStudy('table-3', 'emoji')
    const small = changedStudy(whole, { seeds: 1, set: ['iterations=20', 'tuning.batch=4'] })
    // 5 times the seeds, 100 times the iterations, 4 times the images.
    assert.match(shown(studyCard(keep(small)), 'text/markdown'), /45 trials with 5 seeds.*2000 times the work/)
    assert.match(shown(studyCard(keep(small)), 'text/markdown'), /cannot show which method is better/)
    const shorter = changedStudy(whole, { set: ['iterations=1500'] })
    assert.match(shown(studyCard(keep(shorter)), 'text/markdown'), /: 1\.3 times the work\. What it tells, it tells of/)
    assert.doesNotMatch(shown(studyCard(keep(whole)), 'text/markdown'), /small stored study/)
    const sweep = shown(studyCard(keep(findStudy('sweep-lambda-k', 'emoji'))), 'text/markdown')
    assert.match(sweep, /after 12\.5 % of its iterations, and whenever it has run 2 times as long.*best 1\/2/)
  })

  it('has its table, with the command that runs what is missing', () => {
    const study = { ...parseStudy(tinyStudy({ seeds: [0, 1] })), command: 'npx adt study run tiny --seeds 2' }
    store(scale, study, ({ arms: [arm], seed }) =>
      arm!.method === 'ft' || seed === 0 ? { metrics: { ddim: figures(5) } } : undefined,
    )
    const table = studyTable(keep(study))
    assert.equal(table.rows[0]!.fd!.mean, 5)
    const text = shown(table, 'text/markdown')
    assert.match(text, /\| ADT \| 1\/2 \|/)
    assert.match(text, /npx adt study run tiny --seeds 2 --only adt/)
  })

  it('is drawn: seeds, means, and differences with their intervals', async () => {
    const study = parseStudy(tinyStudy({ seeds: [0, 1, 2, 3, 4] }))
    store(scale, study, ({ arms: [arm], seed }) => ({
      metrics: { ddim: figures((arm!.method === 'ft' ? 8 : 5) + seed / 10) },
    }))
    const plot = studyPlot(studyTable(keep(study)))
    assert.equal(
      shown(plot, 'text/plain'),
      'FT: 8.2 (8, 8.1, 8.2, 8.3, 8.4); difference 3 [3, 3]\nADT: 5.2 (5, 5.1, 5.2, 5.3, 5.4)',
    )
    const { width, height } = await sharp(Buffer.from(shown(plot, 'image/png'), 'base64')).metadata()
    assert.ok(width === 1520 && height! > 200)
  })

  it('is drawn as curves, over what the methods cost; where a seed is missing a curve stops', async () => {
    const [ft, adt] = ['ft', 'adt'].map(method => ({ label: method.toUpperCase(), settings: { method } }))
    const methods = { ft: { ...ft!, crossed: false }, adt: adt! }
    const study = parseStudy(tinyStudy({ methods, seeds: [0, 1], grid: { 'tuning.H': [1, 2] } }))
    store(scale, study, () => ({ metrics: { ddim: figures(5) } }))
    for (const { key, arms, seed } of trialsOf(study)) {
      const iterations = arms[0]!.at['tuning.H'] === 2 && seed === 1 ? [2] : [2, 4]
      storeMetrics(
        scale,
        key,
        iterations.map(iteration => ({ kind: 'evaluation', name: 'ddim', iteration, ...figures(iteration + seed) })),
      )
    }
    const folder = keep(study)
    const drawn = (along?: 'updates' | 'evaluations') =>
      studyPlot(studyTable(folder, { view: 'curve' }), along && { along })
    assert.equal(shown(drawn(), 'text/plain'), 'FT: 2 2.5, 4 4.5\nADT, H 1: 2 2.5, 4 4.5\nADT, H 2: 2 2.5')
    assert.equal(shown(drawn('updates'), 'text/plain'), 'FT: 2 2.5, 4 4.5\nADT, H 1: 2 2.5, 4 4.5\nADT, H 2: 1 2.5')
    assert.match(shown(drawn('evaluations'), 'text/plain'), /^FT: 6 2\.5, 12 4\.5\nADT, H 1: \d+/)
    const { width } = await sharp(Buffer.from(shown(drawn(), 'image/png'), 'base64')).metadata()
    assert.equal(width, 1520)
  })

  it('tells more curves apart than there are colours', () => {
    const curves = Array.from({ length: 8 }, (_, i) => ({
      label: `row ${i}`,
      name: 'adt',
      seeds: 1,
      x: [1, 2],
      mean: [i, i],
      sd: [0, 0],
    }))
    const { parts } = drawCurves(curves, 'fd', 'iterations', 'Many')
    const strokes = parts.join('\n').match(/stroke="[^"]*" stroke-width="1\.8".*?\/>/g)!
    assert.equal(new Set(strokes).size, 8)
  })

  it('that nothing has run of yet says what runs it', () => {
    const plot = studyPlot(studyTable(keep({ ...parseStudy(tinyStudy()), command: 'npx adt study run tiny' })))
    assert.match(shown(plot, 'text/markdown'), /^Tiny: no row has a figure yet. Not run: `npx adt study run tiny`$/)
    assert.equal('image/png' in plot[display](), false)
  })

  it('that is not there is the one that the project defines, or an error that names the file', () => {
    const folder = join(scale, 'emoji', 'fig-5')
    assert.match(
      shown(studyCard(folder), 'text/markdown'),
      /Fig\. 5.*Not run\. .*`npx adt study run fig-5 --scale emoji`/s,
    )
    assert.equal(
      studyTable(folder).rows.every(({ seeds }) => seeds === 0),
      true,
    )
    assert.throws(() => studyCard(join(scale, 'emoji', 'fig-6')), /fig-6\/study\.json: cannot be read/)
  })
})

describe('text in a cell', () => {
  it('is Markdown, line by line', () => {
    assert.equal(shown(markdown('one', '- two'), 'text/markdown'), 'one\n- two')
  })
})
