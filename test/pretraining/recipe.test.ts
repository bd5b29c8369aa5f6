import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedModels } from '../../src/pretraining/embedded.js'
import { readRecipe, stageAt, stylesOf, totalSteps, withSteps } from '../../src/pretraining/recipe.js'
import { averageDecay, cosineRate } from '../../src/pretraining/schedule.js'

describe('recipe', () => {
  it('reads every recipe that ships', () => {
    for (const name of embeddedModels) assert.ok(totalSteps(readRecipe(name)) > 100)
  })

  it('gives the base model only a little of the style that it is tuned to', () => {
    const recipe = readRecipe('emoji')
    const [first, last] = [recipe.stages[0]!, recipe.stages.at(-1)!]
    const added = stylesOf(recipe).filter(style => first.styles[style] === undefined)
    assert.equal(added.length, 1)
    const share = last.styles[added[0]!]! / Object.values(last.styles).reduce((sum, value) => sum + value, 0)
    assert.ok((share * last.steps) / totalSteps(recipe) < 0.1)
  })

  it('finds a step’s stage, and keeps the stages’ shares when it is shortened', () => {
    const recipe = readRecipe('emoji')
    const [first, second] = recipe.stages
    assert.deepEqual(stageAt(recipe, first!.steps - 1), { stage: first, within: first!.steps - 1 })
    assert.deepEqual(stageAt(recipe, first!.steps), { stage: second, within: 0 })
    assert.throws(() => stageAt(recipe, totalSteps(recipe)), RangeError)
    const short = withSteps(recipe, 190)
    assert.equal(totalSteps(short), 190)
    assert.equal(short.stages[0]!.steps, Math.round((190 * first!.steps) / totalSteps(recipe)))
  })

  it('names the file and the field that is wrong', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adt-recipe-'))
    const file = join(folder, 'mine.json')
    const good = readRecipe('emoji-clip')
    const read = (content: unknown) => {
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
      return () => readRecipe(file)
    }
    try {
      assert.deepEqual(read(good)(), good)
      assert.throws(read('{'), /mine\.json: not JSON/)
      assert.throws(read({ ...good, kind: 'gan' }), /mine\.json: kind: /)
      assert.throws(read({ ...good, batch: 0 }), /mine\.json: batch: /)
      assert.throws(read({ ...good, stages: [{ ...good.stages[0], styles: { apple: 1 } }] }), /stages\.0\.styles/)
      assert.throws(
        () => readRecipe(join(folder, 'gone.json')),
        /gone\.json: cannot be read \(ENOENT\); a recipe is emoji/,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('schedules', () => {
  it('warms up and falls to nearly nothing', () => {
    assert.equal(cosineRate(1, 0, 10, 100), 0.1)
    assert.equal(cosineRate(1, 9, 10, 100), 1)
    assert.equal(cosineRate(1, 10, 10, 100), 1)
    assert.ok(Math.abs(cosineRate(1, 55, 10, 100) - 0.5) < 1e-12)
    assert.ok(cosineRate(1, 99, 10, 100) < 1e-3)
    assert.equal(cosineRate(1, 0, 1, 1), 1)
  })

  it('forgets the start of the average first', () => {
    assert.equal(averageDecay(0.999, 0), 0.1)
    assert.equal(averageDecay(0.999, 1e6), 0.999)
  })
})
