import { join } from 'node:path'
import { emojiPackages, packageFacts, writeFileAtomic } from '../data/index.js'
import { type Recipe, stylesOf, totalSteps } from './recipe.js'

const about: Record<Recipe['kind'], { title: string; what: string; not: string }> = {
  'text-to-image': {
    title: 'Emoji: a small text-to-image diffusion model',
    what: `An ordinary diffusers folder (UNet2DConditionModel, CLIPTextModel, CLIPTokenizer, DDIMScheduler) that draws
32×32 pixel emoji from their English names, in pixels rather than latents. It is the base that ADT Lab tunes in its lessons,
small enough for two CPU cores, and it runs through the very code that tunes Stable Diffusion.
The first stage learnt the styles that it draws most; the last one mixed in a little of the style that the lessons tune it to,
because adversarial tuning from a model that has never seen its target collapses.`,
    not: `It knows the names it was trained on and little else: prompts outside of emoji names give something emoji-like at best.
Held-out names are drawn by what their words have in common with others. It says nothing about the quality of ADT at larger scale.`,
  },
  features: {
    title: 'Emoji DINOv2: features for the discriminator',
    what: `An ordinary Dinov2Model folder: the architecture of DINOv2 with fewer channels, but as many blocks, so that a hooked block
means what it means there. It was not trained by DINOv2's own objective: at each of the recipe's hooks the class token and the mean
patch token had to tell which emoji and which artist an augmented image shows. Those heads are dropped.`,
    not: `It is no general image encoder. It has seen all four styles of the training names, the lessons' target style included.
Because the discriminator is built on it, distances in its features favour what was tuned against it: measure with the CLIP instead.`,
  },
  clip: {
    title: 'Emoji CLIP: a network to measure with',
    what: `An ordinary CLIPModel folder for Fréchet distances and text–image scores at 32×32. It was trained apart from the
discriminator's features, contrastively, on the training names of all four styles; half of the captions name the artist ("fluent flat red
apple"), so that image embeddings hold style as well as content.`,
    not: `Its numbers are comparable with each other only: a Fréchet distance in these features is no FID, its score no CLIP score
of the published model.`,
  },
}

/** The version of this project's code. */
export const codeVersion = (): string => `adt ${packageFacts().version}`

/** Writes README.md: what the model is and is not, how it was made, on what, and the held-out figures. */
export function writeModelCard(
  folder: string,
  recipe: Recipe,
  dataHash: string,
  parameters: number,
  figures: Record<string, number>,
): void {
  const { title, what, not } = about[recipe.kind]
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${value.toPrecision(4)} |`)
  const sources = stylesOf(recipe).map(style => `- ${emojiPackages[style]}: ${attributions[style]}`)
  const card = `---
license: apache-2.0
tags: [adt, emoji]
---

# ${title}

${what}

## What it is not

${not}

## How it was made

${(parameters / 1e6).toFixed(2)} million parameters, ${totalSteps(recipe)} steps of batches of ${recipe.batch}, seed ${recipe.seed}, by
\`npx adt pretrain\` with the recipe below (${codeVersion()}). The weights are the exponential average, stored in half precision; the
figures were measured with the stored weights on the names that were held out (one in ten, split by name with seed 0).

| figure | value |
| --- | --- |
${rows.join('\n')}

Training data, SHA-256 of images and captions: \`${dataHash}\`. Drawings, rasterised on white at ${recipe.size}×${recipe.size}:

${sources.join('\n')}

\`\`\`json
${JSON.stringify(recipe, null, 2)}
\`\`\`
`
  writeFileAtomic(join(folder, 'README.md'), card)
}

const attributions = {
  noto: 'Noto Emoji, © Google, Apache License 2.0',
  twemoji: 'Twemoji, © Twitter and contributors, CC BY 4.0',
  'fluent-flat': 'Fluent Emoji Flat, © Microsoft, MIT License',
  fluent: 'Fluent Emoji, © Microsoft, MIT License',
}
