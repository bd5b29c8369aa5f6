/** Elementwise kernels and reductions where TensorFlow's types or its NaN differ from what TF.js promises. */
import {
  cast,
  isNaN as isNotANumber,
  reshape,
  type Tensor,
  type TensorInfo,
  tensor1d,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core'
import { flag, kernel, number, type } from './execute.js'

export const BitwiseAnd = kernel<{ a: TensorInfo; b: TensorInfo }>(
  ({ inputs: { a, b }, run }) => run('BitwiseAnd', [type('T', a.dtype)], [a, b])[0]!,
)

/** Rounding half to even. Integers are round already; TensorFlow 2.21's kernel for int32 gives wrong values. */
export const Round = kernel<{ x: TensorInfo }>(({ inputs: { x }, run }) =>
  x.dtype === 'int32' ? run('Identity', [type('T', 'int32')], [x])[0]! : run('Round', [type('T', x.dtype)], [x])[0]!,
)

/** The sign, 0 for NaN. */
export const Sign = kernel<{ x: TensorInfo }>(({ inputs: { x }, run }) => {
  const sign = (of: TensorInfo) => run('Sign', [type('T', of.dtype)], [of])[0]! as Tensor
  if (x.dtype !== 'float32') return sign(x)
  return tidy(() => sign(where(isNotANumber(x as Tensor), zerosLike(x as Tensor), x as Tensor)))
})

/** 1 above zero, `alpha` elsewhere, NaN for NaN. */
export const Step = kernel<{ x: TensorInfo }, { alpha: number }>(({ inputs: { x }, attrs: { alpha }, run }) =>
  tidy(() => {
    const value = x as Tensor
    const above = run('Cast', [type('SrcT', 'bool'), type('DstT', x.dtype)], [value.greater(0)])[0] as Tensor
    const stepped = alpha === 0 ? above : where(value.greater(0), above, zerosLike(value).add(alpha).cast(x.dtype))
    return x.dtype === 'float32' ? where(isNotANumber(value), value, stepped) : stepped
  }),
)

/** Leaky ReLU; of integers too, as float32. */
export const LeakyRelu = kernel<{ x: TensorInfo }, { alpha: number }>(({ inputs: { x }, attrs: { alpha }, run }) =>
  tidy(() => {
    const attributes = [number('alpha', alpha), type('T', 'float32')]
    return run('LeakyRelu', attributes, [cast(x as Tensor, 'float32')])[0] as Tensor
  }),
)

/** The mean along axes; of integers and booleans too, as float32. */
export const Mean = kernel<{ x: TensorInfo }, { axis: number | number[]; keepDims: boolean }>(
  ({ inputs: { x }, attrs: { axis, keepDims }, run }) =>
    tidy(() => {
      const axes = typeof axis === 'number' ? [axis] : axis
      const positive = (axes ?? x.shape.map((_, i) => i)).map(a => (a < 0 ? a + x.shape.length : a))
      const attributes = [flag('keep_dims', keepDims), type('T', 'float32'), type('Tidx', 'int32')]
      return run('Mean', attributes, [cast(x as Tensor, 'float32'), tensor1d(positive, 'int32')])[0] as Tensor
    }),
)

/** The diagonal tensor; of booleans too, through int32. */
export const Diag = kernel<{ x: TensorInfo }>(({ inputs: { x }, run }) =>
  tidy(() => {
    const value = x.dtype === 'bool' ? cast(x as Tensor, 'int32') : (x as Tensor)
    const diagonal = run('Diag', [type('T', value.dtype)], [reshape(value, x.shape)])[0] as Tensor
    return cast(diagonal, x.dtype)
  }),
)
