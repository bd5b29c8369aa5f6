import { z } from 'zod'

/** Kinds of DiffAugment, applied in this order. */
export const augmentations = ['color', 'translation', 'cutout'] as const
export type Augmentation = (typeof augmentations)[number]

/**
 * The discriminator's settings; defaults are the paper's (§3.1, A.2). It doesn't say over what the cosine is taken, nor
 * whether an image and its reference are augmented alike: both are settings.
 */
export const discriminatorConfig = z.strictObject({
  /** `siamese`: Eq. 6; `single`: StyleGAN-T's discriminator, which has no reference (the ablation of Table 3) */
  kind: z.enum(['siamese', 'single']).default('siamese'),
  /** blocks of the feature network with a head each, counted from 0 */
  hooks: z.array(z.int().nonnegative()).min(1).default([2, 5, 8, 11]),
  /** channels of a head's output */
  outputs: z.int().positive().default(64),
  /** tokens under the circular convolution */
  kernel: z
    .int()
    .positive()
    .refine(k => k % 2 === 1, 'must be odd')
    .default(9),
  /** over what the cosine is taken */
  readout: z.enum(['token', 'flat', 'pooled']).default('token'),
  /** decay rate τ of the twins */
  tau: z.number().min(0).max(1).default(0.99),
  /** kinds of DiffAugment on the image and on the reference */
  augment: z.array(z.enum(augmentations)).default([...augmentations]),
  /** whether an image and its reference get the same random choices */
  sharedAugment: z.boolean().default(false),
  /** side of the images given to the feature network; left out: as its own configuration says */
  resolution: z.int().positive().optional(),
})

export type DiscriminatorConfig = z.infer<typeof discriminatorConfig>
export type DiscriminatorSettings = z.input<typeof discriminatorConfig>
export type Readout = DiscriminatorConfig['readout']
