/** Kernels on images: channels-first fused convolution, pooling with places, projective transforms. */
import {
  backend_util,
  fill,
  getKernel,
  isNaN as isNotANumber,
  scalar,
  type Tensor,
  type TensorInfo,
  tensor1d,
  tidy,
  transpose,
  where,
} from '@tensorflow/tfjs-core'
import { flag, int, kernel, text, type } from './execute.js'
import type { KernelFunction } from './padding.js'

const toChannelsLast = [0, 2, 3, 1]
const toChannelsFirst = [0, 3, 1, 2]

/** Convolution, bias and activation, channels first too: TensorFlow's CPU kernels want channels last. */
export function fusedConv2d(): KernelFunction {
  const channelsLast = getKernel('FusedConv2D', 'tensorflow').kernelFunc as KernelFunction
  return ({ inputs, attrs, backend }) => {
    if (attrs.dataFormat !== 'NCHW') return channelsLast({ inputs, attrs, backend })
    return tidy(() => {
      const x = transpose(inputs.x as Tensor, toChannelsLast)
      const weights = inputs.preluActivationWeights as Tensor | undefined
      const lastWeights = weights?.shape.length === 3 ? transpose(weights, [1, 2, 0]) : weights
      const result = channelsLast({
        inputs: { ...inputs, x, ...(lastWeights && { preluActivationWeights: lastWeights }) },
        attrs: { ...attrs, dataFormat: 'NHWC' },
        backend,
      })
      return transpose(result as Tensor, toChannelsFirst)
    })
  }
}

export const MaxPoolWithArgmax = kernel<
  { x: TensorInfo },
  {
    filterSize: number | [number, number]
    strides: number | [number, number]
    pad: 'valid' | 'same' | number
    includeBatchInIndex: boolean
  }
>(({ inputs: { x }, attrs: { filterSize, strides, pad, includeBatchInIndex }, runWide }) => {
  const shape = x.shape as [number, number, number, number]
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad)
  const attributes = [
    type('T', x.dtype),
    type('Targmax', 'int64'),
    int('ksize', [1, info.filterHeight, info.filterWidth, 1]),
    int('strides', [1, info.strideHeight, info.strideWidth, 1]),
    text('padding', info.padInfo.type),
    flag('include_batch_in_index', includeBatchInIndex),
  ]
  // NaN never is the greatest.
  const numbers = tidy(() => where(isNotANumber(x as Tensor), fill(x.shape, -Infinity), x as Tensor))
  const result = runWide('MaxPoolWithArgmax', attributes, [numbers], 2, [])
  numbers.dispose()
  return result
})

export const Transform = kernel<
  { image: TensorInfo; transforms: TensorInfo },
  {
    interpolation: 'nearest' | 'bilinear'
    fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest'
    fillValue: number
    outputShape?: [number, number]
  }
>(({ inputs: { image, transforms }, attrs, run }) =>
  tidy(() => {
    const size = attrs.outputShape ?? [image.shape[1]!, image.shape[2]!]
    const attributes = [
      type('dtype', image.dtype),
      text('interpolation', attrs.interpolation.toUpperCase()),
      text('fill_mode', attrs.fillMode.toUpperCase()),
    ]
    const inputs = [image, transforms, tensor1d(size, 'int32'), scalar(attrs.fillValue)]
    return run('ImageProjectiveTransformV3', attributes, inputs)[0] as Tensor
  }),
)
