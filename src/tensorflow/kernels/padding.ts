/**
 * Padding by numbers, for the pools and for a convolution's gradients: tfjs-node passes on only 'valid' and 'same'.
 * The input is padded first and the 'valid' kernel does the rest; gradients are cut back to the input.
 */
import {
  backend_util,
  divNoNan,
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  ones,
  pad as padTensor,
  slice,
  type Tensor,
  type TensorInfo,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core'

export type KernelFunction = (call: {
  inputs: NamedTensorInfoMap
  attrs: NamedAttrMap
  backend: KernelBackend
}) => TensorInfo | TensorInfo[]

interface PoolAttributes {
  filterSize: number | number[]
  strides: number | number[]
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** How far an input reaches beyond itself along each axis, batch and channels included. */
interface Reach {
  type: string
  before: number[]
  after: number[]
  output: number[]
}

const valid = ({ dimRoundingMode: _, ...attrs }: NamedAttrMap): NamedAttrMap => ({ ...attrs, pad: 'valid' })

function reachOf(shape: number[], attrs: NamedAttrMap): Reach {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes
  if (shape.length === 4) {
    const info = backend_util.computePool2DInfo(
      shape as never,
      filterSize as never,
      strides as never,
      1,
      pad,
      dimRoundingMode,
    )
    return reach(
      info,
      [info.inHeight, info.inWidth],
      [info.outHeight, info.outWidth],
      [info.filterHeight, info.filterWidth],
      [info.strideHeight, info.strideWidth],
      [info.padInfo.top, info.padInfo.left],
    )
  }
  const info = backend_util.computePool3DInfo(
    shape as never,
    filterSize as never,
    strides as never,
    1,
    pad as never,
    dimRoundingMode,
  )
  return reach(
    info,
    [info.inDepth, info.inHeight, info.inWidth],
    [info.outDepth, info.outHeight, info.outWidth],
    [info.filterDepth, info.filterHeight, info.filterWidth],
    [info.strideDepth, info.strideHeight, info.strideWidth],
    [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  )
}

function reach(
  info: { padInfo: { type: string }; outShape: number[] },
  input: number[],
  output: number[],
  window: number[],
  stride: number[],
  before: number[],
): Reach {
  // Rounding up may need more after the input than the padding says; rounding down may need less.
  const after = input.map((size, i) => Math.max(0, (output[i]! - 1) * stride[i]! + window[i]! - size - before[i]!))
  return { type: info.padInfo.type, before: [0, ...before, 0], after: [0, ...after, 0], output: info.outShape }
}

const needsNoHelp = ({ type }: Reach) => type === 'VALID' || type === 'SAME'

const padded = (x: TensorInfo, { before, after }: Reach, value: number) =>
  padTensor(x as Tensor, before.map((n, i) => [n, after[i]!]) as never, value)

/** The kernel that is registered by this name so far. */
export const original = (name: string): KernelFunction => getKernel(name, 'tensorflow').kernelFunc as KernelFunction

/** A pool's kernel with any padding. */
function pool(name: string, fill: number): KernelFunction {
  const kernel = original(name)
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x as TensorInfo
    const reach = reachOf(x.shape, attrs)
    if (reach.output.includes(0)) return zeros(reach.output, x.dtype)
    if (needsNoHelp(reach)) return kernel({ inputs, attrs, backend })
    return tidy(() => {
      const run = (input: Tensor) => kernel({ inputs: { x: input }, attrs: valid(attrs), backend }) as Tensor
      const pooled = run(padded(x, reach, fill))
      return name.startsWith('Max') ? pooled : divNoNan(pooled, run(share(x, reach)))
    })
  }
}

/** 1 on the input, 0 on its padding: its average over a window is the share of the window that counts. */
const share = (x: TensorInfo, reach: Reach) => padded(ones(x.shape), reach, 0)

/** A pool's gradient with any padding. */
function poolGradient(name: string, forward: string, fill: number): KernelFunction {
  const kernel = original(name)
  const forwardKernel = original(forward)
  return ({ inputs, attrs, backend }) => {
    const input = inputs.input as TensorInfo
    const reach = reachOf(input.shape, attrs)
    if (needsNoHelp(reach)) return kernel({ inputs, attrs, backend })
    return tidy(() => {
      const average = name.startsWith('Avg')
      const counts = () => forwardKernel({ inputs: { x: share(input, reach) }, attrs: valid(attrs), backend }) as Tensor
      const dy = average ? divNoNan(inputs.dy as Tensor, counts()) : inputs.dy!
      const x = padded(input, reach, fill)
      const dx = kernel({ inputs: { ...inputs, input: x, dy }, attrs: valid(attrs), backend }) as Tensor
      return slice(dx, reach.before, input.shape)
    })
  }
}

/** Rows of [before, after] for a convolution padded by numbers; undefined when it is not, or has its channels first. */
function paddingRows({ pad, dataFormat }: NamedAttrMap): [number, number][] | undefined {
  if (dataFormat !== 'NHWC') return undefined
  if (Array.isArray(pad)) return pad as unknown as [number, number][]
  if (typeof pad !== 'number' || pad === 0) return undefined
  return [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]
}

/** The gradient of a convolution in its input (the transposed convolution), with any padding. */
function convolutionInputGradient(): KernelFunction {
  const kernel = original('Conv2DBackpropInput')
  return ({ inputs, attrs, backend }) => {
    const rows = paddingRows(attrs)
    if (!rows) return kernel({ inputs, attrs, backend })
    return tidy(() => {
      const shape = attrs.inputShape as number[]
      const inputShape = shape.map((size, i) => size + rows[i]![0] + rows[i]![1])
      const dx = kernel({ inputs, attrs: { ...valid(attrs), inputShape }, backend }) as Tensor
      const start = rows.map(([before]) => before)
      return slice(dx, start, shape)
    })
  }
}

/** The gradient of a convolution in its filter, with any padding. */
function convolutionFilterGradient(): KernelFunction {
  const kernel = original('Conv2DBackpropFilter')
  return ({ inputs, attrs, backend }) => {
    const rows = paddingRows(attrs)
    if (!rows) return kernel({ inputs, attrs, backend })
    return tidy(() => {
      const x = padTensor(inputs.x as Tensor, rows as never)
      return kernel({ inputs: { ...inputs, x }, attrs: valid(attrs), backend }) as Tensor
    })
  }
}

/** The kernels of this file by name, each around the one registered before it. */
export const paddingKernels = (): Record<string, KernelFunction> => ({
  MaxPool: pool('MaxPool', -Infinity),
  AvgPool: pool('AvgPool', 0),
  MaxPool3D: pool('MaxPool3D', -Infinity),
  AvgPool3D: pool('AvgPool3D', 0),
  MaxPoolGrad: poolGradient('MaxPoolGrad', 'MaxPool', -Infinity),
  AvgPoolGrad: poolGradient('AvgPoolGrad', 'AvgPool', 0),
  MaxPool3DGrad: poolGradient('MaxPool3DGrad', 'MaxPool3D', -Infinity),
  AvgPool3DGrad: poolGradient('AvgPool3DGrad', 'AvgPool3D', 0),
  Conv2DBackpropInput: convolutionInputGradient(),
  Conv2DBackpropFilter: convolutionFilterGradient(),
})
