/** Attention by cuDNN's fused kernels, which keep no matrix of scores: a custom call that XLA hands through to cuDNN. */
import { type Attribute, castAttributes } from './attributes.js'
import { backend, tf } from './backend.js'
import { binding, currentRecording } from './binding.js'
import { context } from './context.js'
import { computeCapability } from './cudaRuntime.js'
import {
  TF_ATTR_BOOL,
  TF_ATTR_SHAPE,
  TF_ATTR_STRING,
  TF_ATTR_TYPE,
  TF_BFLOAT16,
  TF_FLOAT,
  TF_HALF,
  TF_UINT8,
} from './dtypes.js'
import { usesTensorFloat32 } from './precision.js'

type Heads = tf.Tensor4D

/**
 * Which 16-bit numbers the products read; sums are in float32 either way. float16 has the ten bits after the point that
 * TF32 has, but a smaller range: beyond ±65504 it is infinite.
 */
export type HalfType = 'bfloat16' | 'float16'
const numbers = { bfloat16: TF_BFLOAT16, float16: TF_HALF }
const names = { bfloat16: 'BF16', float16: 'F16' }

/**
 * The numbers that cuDNN's attention may read in the recording that is on: bfloat16 where that is the precision asked
 * for, float16 where TF32 would do; undefined where the kernels cannot be used or float32 is to be exact.
 *
 * @param size of a head
 */
export function cudnnNumbers(size: number): HalfType | undefined {
  const recording = currentRecording()
  if (!recording?.usesXla || !context().gpu) return undefined
  const capability = computeCapability()
  if (capability < 8 || size % 8 || size > (capability >= 9 ? 256 : 128)) return undefined
  if (recording.precision === 'bfloat16') return 'bfloat16'
  return usesTensorFloat32() ? 'float16' : undefined
}

/**
 * softmax(q·kᵀ·scale)·v, with a gradient, for a jitted function that XLA compiles for an NVIDIA GPU.
 *
 * @param q [B, heads, T, d]; d a multiple of 8, at most 128 (256 from Hopper on)
 * @param k [B, heads, S, d]
 * @param v [B, heads, S, d]
 * @returns [B, heads, T, d], float32
 */
export function cudnnAttention(q: Heads, k: Heads, v: Heads, scale: number, half: HalfType): Heads {
  const [batch, heads, queries] = q.shape
  const config = (backward: boolean) => backendConfig(q.shape, k.shape[2], scale, half, backward)
  const attend = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [q, k, v, save] = inputs as [Heads, Heads, Heads, tf.GradSaveFunc]
    const results = [
      { shape: q.shape, dtype: numbers[half] },
      { shape: [batch, heads, queries], dtype: TF_FLOAT },
      workspace,
    ]
    const [output, statistics] = customCall('__cudnn$fmhaSoftmax', config(false), [q, k, v], results, half)
    save([q, k, v, output!, statistics!])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [q, k, v, output, statistics] = saved as [Heads, Heads, Heads, Heads, tf.Tensor3D]
      const gradients = [...[q, k, v].map(({ shape }) => ({ shape, dtype: numbers[half] })), workspace]
      const pullBack = (dy: tf.Tensor) => {
        const operands = [q, k, v, { exact: statistics }, dy, output]
        return customCall('__cudnn$fmhaSoftmaxBackward', config(true), operands, gradients, half)
      }
      if (half === 'bfloat16') return pullBack(dy)
      // Small numbers would vanish in float16, and a loss's gradient is small: it goes through with its largest at 16,
      // far enough from the end of the range for the sum over 4,096 queries.
      const size = tf.maximum(tf.max(tf.abs(dy)), 1e-30)
      return pullBack(tf.mul(dy, tf.div(16, size))).map(gradient => tf.mul(gradient, tf.div(size, 16)))
    }
    return { value: output!, gradFunc }
  })
  return attend(q, k, v) as Heads
}

/** XLA puts the size that cuDNN asks for in its place. */
const workspace = { shape: [0], dtype: TF_UINT8 }

interface Result {
  shape: number[]
  dtype: number
}

/** The results that are numbers, as float32. */
function customCall(
  target: string,
  config: string,
  operands: (tf.Tensor | { exact: tf.Tensor })[],
  results: Result[],
  half: HalfType,
): tf.Tensor[] {
  const ids = operands.map(operand =>
    'exact' in operand ? idOf(operand.exact) : cast(idOf(operand), TF_FLOAT, numbers[half]),
  )
  const dtypes = operands.map(operand => ('exact' in operand ? TF_FLOAT : numbers[half]))
  const attributes: Attribute[] = [
    { name: 'call_target_name', type: TF_ATTR_STRING, value: target },
    { name: 'backend_config', type: TF_ATTR_STRING, value: config },
    { name: 'has_side_effect', type: TF_ATTR_BOOL, value: false },
    { name: 'operand_dtypes', type: TF_ATTR_TYPE, value: dtypes },
    { name: 'result_dtypes', type: TF_ATTR_TYPE, value: results.map(({ dtype }) => dtype) },
    { name: 'result_shapes', type: TF_ATTR_SHAPE, value: results.map(({ shape }) => shape) },
  ]
  const outputs = binding.executeOp('XlaCustomCallV2', attributes, ids, results.length)
  return outputs.slice(0, -1).map(output => {
    if (output.dtype === TF_FLOAT) return backend().createOutputTensor(output)
    const [wide] = binding.executeOp('Cast', castAttributes(numbers[half], TF_FLOAT), [output.id], 1)
    return backend().createOutputTensor(wide!)
  })
}

const idOf = (tensor: tf.Tensor) => backend().getInputTensorIds([tensor])[0]!
const cast = (id: number, from: number, to: number) =>
  binding.executeOp('Cast', castAttributes(from, to), [id], 1)[0]!.id

/** What XLA's cuDNN call wants to know (xla/service/gpu/backend_configs.proto, CudnnfMHABackendConfig). */
function backendConfig(
  [batch, heads, queries]: number[],
  keys: number,
  scale: number,
  half: HalfType,
  backward: boolean,
): string {
  const product = (left: number, right: number) => ({
    lhs_contracting_dimensions: [`${left}`],
    rhs_contracting_dimensions: [`${right}`],
    lhs_batch_dimensions: ['0', '1'],
    rhs_batch_dimensions: ['0', '1'],
  })
  const products = backward
    ? {
        bmm1_grad_gemm1_dot_dimension_numbers: product(2, 2),
        bmm1_grad_gemm2_dot_dimension_numbers: product(3, 2),
        bmm2_grad_gemm1_dot_dimension_numbers: product(2, 2),
        bmm2_grad_gemm2_dot_dimension_numbers: product(3, 3),
      }
    : { bmm1_dot_dimension_numbers: product(3, 3), bmm2_dot_dimension_numbers: product(3, 2) }
  return JSON.stringify({
    operation_queue_id: '0',
    cudnn_fmha_backend_config: {
      algorithm: {
        algo_id: '0',
        math_type: 'TENSOR_OP_MATH',
        tuning_knobs: { 17: '1', 24: '0' },
        is_cudnn_frontend: true,
        workspace_size: '0',
      },
      fmha_scale: scale,
      intermediate_tensor_shape: {
        element_type: names[half],
        dimensions: [batch, heads, queries, keys].map(String),
        layout: { minor_to_major: ['3', '2', '1', '0'] },
        is_dynamic_dimension: [false, false, false, false],
      },
      is_flash_attention: true,
      mask_type: 'NO_MASK',
      dropout_rate: 0,
      seed: 42,
      sliding_window_length: 0,
      max_seg_per_batch: 1,
      is_paged_attention: false,
      ...products,
    },
  })
}
