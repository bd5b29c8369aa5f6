/**
 * What TensorFlow has for the processor and not for GPUs: depthwise convolutions with gaps, and counts with weights.
 * Elsewhere, and for all other calls, the kernels stay that were registered before.
 */
import {
  backend_util,
  batchToSpaceND,
  fill,
  less,
  reshape,
  spaceToBatchND,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
  tidy,
  unsortedSegmentSum,
  where,
} from '@tensorflow/tfjs-core'
import { context } from '../context.js'
import { type KernelFunction, original } from './padding.js'

interface DepthwiseAttributes {
  strides: [number, number]
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dilations?: [number, number]
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * A depthwise convolution whose filter has gaps, by one that has none: every dh-th row and dw-th column of the input
 * form an image of their own, convolved by itself.
 *
 * @param convolve the kernel without gaps, with 'valid' padding
 * @returns [batch, height, width, channels × multiplier]
 */
export function dilatedDepthwise(
  x: TensorInfo,
  filter: TensorInfo,
  attributes: DepthwiseAttributes,
  convolve: (x: Tensor) => Tensor,
): Tensor {
  const { strides, pad, dilations = [1, 1], dimRoundingMode } = attributes
  const shapes = [x.shape, filter.shape] as [[number, number, number, number], [number, number, number, number]]
  const { padInfo } = backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, true)
  const [, height, width] = shapes[0]
  // What is added at the end makes the rows and columns divisible by the gaps; its share of the output is cut off.
  const extra = [height + padInfo.top + padInfo.bottom, width + padInfo.left + padInfo.right].map(
    (size, axis) => (dilations[axis]! - (size % dilations[axis]!)) % dilations[axis]!,
  )
  return tidy(() => {
    const parts = spaceToBatchND(x as Tensor, dilations, [
      [padInfo.top, padInfo.bottom + extra[0]!],
      [padInfo.left, padInfo.right + extra[1]!],
    ])
    return batchToSpaceND(
      convolve(parts),
      dilations,
      extra.map(end => [0, end]),
    )
  })
}

function depthwise(): KernelFunction {
  const kernel = original('DepthwiseConv2dNative')
  return ({ inputs, attrs, backend }) => {
    const { dilations } = attrs as unknown as DepthwiseAttributes
    if (!context().gpu || !dilations?.some(gap => gap > 1)) return kernel({ inputs, attrs, backend })
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo }
    const dense = { ...attrs, dilations: [1, 1], pad: 'valid' }
    return dilatedDepthwise(
      x,
      filter,
      attrs as unknown as DepthwiseAttributes,
      parts => kernel({ inputs: { x: parts, filter }, attrs: dense, backend }) as Tensor,
    )
  }
}

/** Sums of the weights by number, those below zero or from `size` on left out. [size] */
export const weightedCounts = (x: TensorInfo, weights: TensorInfo, size: number): Tensor =>
  tidy(() => {
    const numbers = reshape(x as Tensor, [-1]) as Tensor1D
    // A segment below zero is dropped; one beyond the last is an error on a processor, and unspecified on a GPU.
    const segments = where(less(numbers, size), numbers, fill(numbers.shape, -1, 'int32') as Tensor1D)
    return unsortedSegmentSum(reshape(weights as Tensor, [-1]), segments, size)
  })

function counts(name: 'Bincount' | 'DenseBincount'): KernelFunction {
  const kernel = original(name)
  return ({ inputs, attrs, backend }) => {
    const { x, weights } = inputs as { x: TensorInfo; weights: TensorInfo }
    const { size, binaryOutput } = attrs as unknown as { size: number; binaryOutput?: boolean }
    const needsHelp = context().gpu && weights.shape[0] !== 0 && x.shape.length === 1 && !binaryOutput
    return needsHelp ? weightedCounts(x, weights, size) : kernel({ inputs, attrs, backend })
  }
}

/** The kernels of this file by name, each around the one registered before it. */
export const gpuKernels = (): Record<string, KernelFunction> => ({
  DepthwiseConv2dNative: depthwise(),
  Bincount: counts('Bincount'),
  DenseBincount: counts('DenseBincount'),
})
