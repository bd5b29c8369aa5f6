import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { emojiStyles, packageRoot } from '../data/index.js'
import { embeddedModels } from './embedded.js'

const count = z.number().int().min(1)
const config = z.record(z.string(), z.unknown())

const Optimizer = z.strictObject({
  beta1: z.number().min(0).lt(1),
  beta2: z.number().min(0).lt(1),
  epsilon: z.number().positive(),
  weightDecay: z.number().min(0),
  clipNorm: z.number().positive(),
  averageDecay: z.number().min(0).lt(1),
})

const Stage = z.strictObject({
  /** How often each style is drawn, relative to the others. */
  styles: z.partialRecord(z.enum(emojiStyles), z.number().positive()),
  steps: count,
  learningRate: z.number().positive(),
  warmUp: z.number().int().min(0),
})

const Augmentation = z.strictObject({ zoom: z.number().min(0), shift: z.number().min(0), colour: z.number().min(0) })

const shared = {
  seed: z.number().int().min(0),
  /** Height and width of the images. */
  size: count,
  batch: count,
  /** What matrix products and convolutions read while training; float32 by default. */
  precision: z.enum(['float32', 'bfloat16']).optional(),
  optimizer: Optimizer,
  stages: z.array(Stage).min(1),
}

const Text = z.strictObject({ vocabulary: z.number().int().min(514), length: count, config })

const TextToImage = z.strictObject({
  kind: z.literal('text-to-image'),
  ...shared,
  /** The part of the captions that is replaced by the empty one, for guidance. */
  dropout: z.number().min(0).max(1),
  text: Text,
  unet: config,
  scheduler: config,
})

const Features = z.strictObject({
  kind: z.literal('features'),
  ...shared,
  augmentation: Augmentation,
  /** Blocks whose output has to tell names and styles apart. */
  hooks: z.array(z.number().int().min(0)).min(1),
  vision: config,
})

const Clip = z.strictObject({
  kind: z.literal('clip'),
  ...shared,
  augmentation: Augmentation,
  /** Length of the shared embedding. */
  projection: count,
  text: Text,
  vision: config,
})

const Recipe = z.discriminatedUnion('kind', [TextToImage, Features, Clip])

export type Recipe = z.infer<typeof Recipe>
export type TextToImageRecipe = z.infer<typeof TextToImage>
export type FeaturesRecipe = z.infer<typeof Features>
export type ClipRecipe = z.infer<typeof Clip>
export type TextRecipe = z.infer<typeof Text>

/**
 * Reads a recipe.
 * @param nameOrFile one of `embeddedModels`, or a JSON file
 * @throws Error naming the file and the field
 */
export function readRecipe(nameOrFile: string): Recipe {
  const known = (embeddedModels as readonly string[]).includes(nameOrFile)
  const file = known ? join(packageRoot(), 'models', 'recipes', `${nameOrFile}.json`) : nameOrFile
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const choice = known ? '' : `; a recipe is ${embeddedModels.join(', ')}, or a JSON file`
    throw new Error(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})${choice}`, { cause: error })
  }
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw new Error(`${file}: not JSON (${(error as Error).message})`, { cause: error })
  }
  return parseRecipe(value, file)
}

/**
 * Checks a recipe.
 * @param where names it in errors
 */
export function parseRecipe(value: unknown, where: string): Recipe {
  const parsed = Recipe.safeParse(value)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new Error(`${where}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
  }
  return parsed.data
}

/** Steps of all stages together. */
export function totalSteps(recipe: Recipe): number {
  return recipe.stages.reduce((sum, stage) => sum + stage.steps, 0)
}

/** The stage that a step belongs to, and the step's number within it. */
export function stageAt(recipe: Recipe, iteration: number): { stage: Recipe['stages'][number]; within: number } {
  let before = 0
  for (const stage of recipe.stages) {
    if (iteration < before + stage.steps) return { stage, within: iteration - before }
    before += stage.steps
  }
  throw new RangeError(`step ${iteration} is beyond the recipe's ${before}`)
}

/** The styles that any stage draws, in the data set's order. */
export function stylesOf(recipe: Recipe): (typeof emojiStyles)[number][] {
  return emojiStyles.filter(style => recipe.stages.some(stage => stage.styles[style] !== undefined))
}

/** The same recipe with `steps` steps in all; every stage keeps its share, its warm-up too. */
export function withSteps(recipe: Recipe, steps: number): Recipe {
  const scale = steps / totalSteps(recipe)
  const scaled = (count: number) => Math.max(1, Math.round(count * scale))
  return {
    ...recipe,
    stages: recipe.stages.map(stage => ({ ...stage, steps: scaled(stage.steps), warmUp: scaled(stage.warmUp) })),
  }
}
