import { saveModelFolder } from '../models/index.js'
import type { ImageStatistics, Tensors } from './task.js'

/**
 * Writes a network as diffusers and transformers do, in half precision: a card's figures are those of rounded weights.
 * @returns the number of parameters
 */
export async function saveHalf(
  folder: string,
  config: Record<string, unknown>,
  weights: Tensors,
  metadata: Record<string, string>,
): Promise<number> {
  await saveModelFolder(folder, { config, weights }, { dtype: 'F16', metadata })
  return Object.values(weights).reduce((sum, tensor) => sum + tensor.size, 0)
}

/** A `preprocessor_config.json`: how transformers' image processor prepares an image for a network of this size. */
export function preprocessor(className: string, size: number, { mean, deviation }: ImageStatistics) {
  return {
    image_processor_type: className,
    do_resize: true,
    size: { shortest_edge: size },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: size, width: size },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: deviation,
    do_convert_rgb: true,
  }
}
