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

// ConfigProto { allow_soft_placement (field 7): true }: an operation without a GPU kernel runs on the CPU.
const config = Uint8Array.from([(7 << 3) | 0, 1])

function makeContext() {
  const tensorflow = native()
  const options = tensorflow.newContextOptions()
  tensorflow.setConfig(options, config, config.length, theStatus())
  check('Setting TensorFlow up')
  const pointer = tensorflow.newContext(options, theStatus())
  tensorflow.deleteContextOptions(options)
  check('Starting TensorFlow')
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
