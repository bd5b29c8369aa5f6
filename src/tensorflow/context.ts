/** The eager context: made at the first operation, with the GPU chosen when there is one. */
import { check, native, type Pointer, theStatus } from './native.js'
import { shared } from './shared.js'

/** A device TensorFlow can compute on. */
export interface Device {
  /** Such as `/job:localhost/replica:0/task:0/device:GPU:0`. */
  name: string
  type: 'CPU' | 'GPU'
}

/** The context, its devices, and the GPU's name if there is a GPU. */
export const context = () => shared('context', makeContext)

const LENGTH_DELIMITED = 2
const FIXED_64 = 1

/**
 * A ConfigProto with allow_soft_placement (field 7), so that an operation without a GPU kernel runs on the CPU, and, where
 * the environment's ADT_GPU_MEMORY says so, gpu_options (field 6) with per_process_gpu_memory_fraction (its field 1).
 */
function config(): Uint8Array {
  const softPlacement = [(7 << 3) | 0, 1]
  const { ADT_GPU_MEMORY } = process.env
  if (ADT_GPU_MEMORY === undefined) return Uint8Array.from(softPlacement)
  const share = Number(ADT_GPU_MEMORY)
  if (!(share > 0 && share <= 1))
    throw new Error(
      `ADT_GPU_MEMORY is '${ADT_GPU_MEMORY}' in the environment: give the share of the GPU's memory that this process ` +
        'may take, more than 0 and at most 1, or leave it out.',
    )
  const fraction = new Uint8Array(Float64Array.of(share).buffer)
  const options = [(1 << 3) | FIXED_64, ...fraction]
  return Uint8Array.from([...softPlacement, (6 << 3) | LENGTH_DELIMITED, options.length, ...options])
}

/** An eager context of its own, set up by the bytes of a ConfigProto. */
export function newContext(config: Uint8Array): Pointer {
  const tensorflow = native()
  const options = tensorflow.newContextOptions()
  tensorflow.setConfig(options, config, config.length, theStatus())
  check('Setting TensorFlow up')
  const pointer = tensorflow.newContext(options, theStatus())
  tensorflow.deleteContextOptions(options)
  check('Starting TensorFlow')
  return pointer
}

function makeContext() {
  const pointer = newContext(config())
  const devices = listDevices(pointer)
  return { pointer, devices, gpu: devices.find(device => device.type === 'GPU')?.name }
}

function listDevices(pointer: Pointer): Device[] {
  const tensorflow = native()
  const list = tensorflow.listDevices(pointer, theStatus())
  check('Listing devices')
  const devices: Device[] = []
  for (let i = 0; i < tensorflow.deviceCount(list); i++) {
    const type = tensorflow.deviceType(list, i, theStatus())
    if (type === 'CPU' || type === 'GPU') devices.push({ name: tensorflow.deviceName(list, i, theStatus()), type })
  }
  tensorflow.deleteDeviceList(list)
  return devices
}

/** The devices TensorFlow found: the CPU, and each GPU. Opens TensorFlow. */
export const devices = (): Device[] => context().devices.map(device => ({ ...device }))
