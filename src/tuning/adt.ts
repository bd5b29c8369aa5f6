/** An iteration of Algorithm 1: roll out, let the discriminator learn, and every H-th time pull its gradient back. */

import { type BackwardPath, backwardWeights, endAt, noised, type Plan } from '../samplers/index.js'
import { jit, randomNormal, tf } from '../tensorflow/index.js'
import { adamwNumbers } from './adamw.js'
import { createDiscriminatorCalls } from './calls.js'
import { chooseSteps } from './choices.js'
import { diffusionCotangent, diffusionLoss, diffusionTarget } from './diffusionLoss.js'
import { type Condition, createGenerator } from './generator.js'
import { globalNorm } from './gradients.js'
import { pullBack, type StepNorm } from './pullBack.js'
import { keyFor } from './random.js'
import { type KeptStep, rollout, tensors } from './rollout.js'
import type { Settings } from './settings.js'
import type { TuneState } from './state.js'
import {
  type Batch,
  cleanOf,
  guidedCaptions,
  guidedFrames,
  type Iterate,
  optimizerOf,
  rateAt,
  type Tunable,
} from './trainer.js'
import { createUpdate } from './update.js'

/** Compiles Algorithm 1 for a network and settings. */
export function createAdt<C extends Condition>(
  { network, schedule, encode, codec }: Tunable<C>,
  settings: Settings,
): Iterate {
  const { sampler: plan, K, H, path, reduction, seed, guidance, precision } = settings
  const generator = createGenerator(network, guidance, { precision })
  const discriminator = createDiscriminatorCalls(
    settings.discriminator,
    settings.features!,
    optimizerOf(settings, 'discriminator'),
    settings.adversarialWeight,
    { precision },
  )
  const optimizer = optimizerOf(settings, 'generator')
  const update = createUpdate(optimizer, settings.average)
  const norm = jit(globalNorm)

  const ready = async (state: TuneState, { captions, image, reference }: Batch) => {
    // The longest to compile first. What they are given is held by the calls themselves; the weights stand for gradients.
    const compiling: Promise<unknown>[] = []
    tf.tidy(() => {
      const { weights } = state.generator
      const condition = encode(guidedCaptions(captions, guidance))
      const t = tf.scalar(plan.steps[0]!.t)
      const x = codec ? (tf.zeros([image.shape[0], ...codec.shape]) as tf.Tensor4D) : image
      const images = { generated: image, real: image, ...(reference && { reference }) }
      const numbers = adamwNumbers(0, 1, optimizer)
      compiling.push(
        generator.pullBack.ready(weights, x, t, condition, { guided: x, conditional: x }, weights),
        generator.predict.ready(weights, x, t, condition),
        discriminator.ready(state.discriminator!, images, keyFor(seed, 0, 'discriminator'), numbers),
        update.ready(state.generator, weights, numbers),
        ...(codec?.ready ? [codec.ready(image)] : []),
      )
    })
    await Promise.all(compiling)
  }

  const iterate: Iterate = (state, iteration, batch, values) => {
    const { captions, image, reference } = batch
    const lambda = values.lambda ?? 0
    const updates = iteration % H === 0
    const { start, end, sampled } = chooseSteps(plan.steps.length, K, seed, iteration, settings)
    const run = end < plan.steps.length - 1 ? endAt(plan, end) : plan
    const adversarial = new Set(settings.startGradient ? [start, ...sampled] : sampled)
    const clean = cleanOf(batch, codec)
    const noise = randomNormal(clean.shape, keyFor(seed, iteration, 'noise')) as tf.Tensor4D
    const x = noised(tensors, plan.steps[start]!, clean, noise)
    const condition = encode(guidedCaptions(captions, guidance), guidedFrames(batch.frames, guidance))
    const { weights } = state.generator
    const { final, kept, startOutput } = rollout(generator, weights, run, x, condition, {
      start,
      keep: updates ? new Set([start, ...adversarial]) : new Set(),
      path,
    })

    const generated = codec ? codec.toImages(final) : final
    const images = { generated, real: image, ...(reference && { reference }) }
    const discriminatorNumbers = adamwNumbers(
      rateAt(settings, values, 'discriminator', iteration),
      iteration,
      optimizerOf(settings, 'discriminator'),
    )
    const { state: judge, ...judged } = discriminator.step(
      state.discriminator!,
      images,
      keyFor(seed, iteration, 'discriminator'),
      discriminatorNumbers,
    )
    const measured = {
      discriminator: judged.loss,
      real: tf.mean(judged.real, 1),
      fake: tf.mean(judged.fake, 1),
      realLayers: tf.mean(judged.real, 0),
      fakeLayers: tf.mean(judged.fake, 0),
      discriminatorChange: judged.changeNorm,
    }
    const shown = {
      blocks: settings.discriminator.hooks,
      judged: { captions, real: image, generated },
    }
    if (!updates) {
      return { state: { ...state, discriminator: judge }, measured: { tensors: measured, steps: [], ...shown } }
    }

    const { loss, gradient: ofImages } = discriminator.judge(judge, images, keyFor(seed, iteration, 'generator'))
    const gradient = codec ? codec.pullBack(final, ofImages) : ofImages
    const target = diffusionTarget(schedule.prediction, plan.steps[start]!.level, clean, noise)
    const size = settings.matchScale ? matchingSize(run, path, start, adversarial) : 1
    const pulled = gradientOfBoth({
      kept: kept.map(step => ({ ...step, w: adversarial.has(step.index) ? step.w * size : 0 })),
      gradient,
      diffusion: lambda > 0 ? diffusionCotangent(startOutput, target, reduction, lambda) : undefined,
      start,
      apart: settings.normsEvery > 0 && (iteration / H) % settings.normsEvery === 0,
    })
    const generatorNumbers = adamwNumbers(rateAt(settings, values, 'generator', iteration), iteration / H, optimizer)
    const next = update(state.generator, pulled.sum, generatorNumbers)
    const ofSteps = pulled.steps.filter(({ index }) => adversarial.has(index))
    return {
      state: { generator: next.state, discriminator: judge },
      measured: {
        tensors: {
          ...measured,
          adversarial: loss,
          diffusion: diffusionLoss(startOutput, target, reduction),
          gradient: next.gradientNorm,
          generatorChange: next.changeNorm,
          ...pulled.norms,
          ...(pulled.norms.adversarialNorm && { steps: tf.stack(ofSteps.map(step => step.norm)) }),
        },
        steps: ofSteps.map(({ index, t, w }) => ({ index, t, w })),
        ...shown,
      },
    }

    /** The gradient of both terms of Eq. 8: L_diff rides on the start step's call, or has its own when norms are measured. */
    function gradientOfBoth(terms: {
      kept: KeptStep[]
      gradient: tf.Tensor4D
      diffusion: tf.Tensor4D | undefined
      start: number
      apart: boolean
    }): {
      sum: Record<string, tf.Tensor>
      steps: StepNorm[]
      norms: { adversarialNorm?: tf.Scalar; diffusionNorm?: tf.Scalar }
    } {
      const { kept, gradient, diffusion, start, apart } = terms
      const conditional = diffusion && { index: start, cotangent: diffusion }
      if (!apart) {
        return { ...pullBack(generator, weights, condition, kept, gradient, { conditional }), norms: {} }
      }
      const ofAdversarial = pullBack(
        generator,
        weights,
        condition,
        kept.filter(({ w }) => w !== 0),
        gradient,
      )
      const adversarialNorm = norm(ofAdversarial.sum)
      if (!conditional) return { ...ofAdversarial, norms: { adversarialNorm } }
      const startStep = { ...kept.find(({ index }) => index === start)!, w: 0 }
      const ofBoth = pullBack(generator, weights, condition, [startStep], gradient, {
        conditional,
        sum: ofAdversarial.sum,
      })
      return {
        sum: ofBoth.sum,
        steps: ofAdversarial.steps,
        norms: { adversarialNorm, diffusionNorm: ofBoth.steps[0]!.norm },
      }
    }
  }
  return Object.assign(iterate, { ready })
}

/** By how much a path's weights over some steps are to be multiplied so that their norm is that of Eq. 11's. */
function matchingSize(plan: Plan, path: BackwardPath, start: number, steps: ReadonlySet<number>): number {
  const size = (of: BackwardPath) =>
    Math.hypot(...backwardWeights(plan, of, start).filter((_, k) => steps.has(start + k)))
  return size('adt') / size(path)
}
