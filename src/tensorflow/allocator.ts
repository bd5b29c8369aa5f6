/**
 * What TensorFlow's allocator has handed out on the device that computes. The C interface does not tell, so this asks as
 * Python's tf.config.experimental.get_memory_info does: the context's device for its allocator, the allocator for its
 * statistics. Both are virtual C++ methods; a known class's table says at which place.
 */
import koffi from 'koffi'
import { context } from './context.js'
import { native, type Pointer } from './native.js'
import { shared } from './shared.js'

/**
 * Bytes: every tensor's memory, those within a running call and work space too. On the CPU of a build with oneDNN, which
 * pip's for x86 are, TensorFlow counts pieces of 256 KiB and more.
 */
export interface AllocatorStatistics {
  used: number
  /** The most that `used` has been, since the start or `forgetPeak`. */
  peak: number
  /** The most that the allocator will take of the device. */
  limit: number
}

/** Undefined in a TensorFlow whose C++ symbols are others than those of pip's 2.x. */
export function allocatorStatistics(): AllocatorStatistics | undefined {
  const [, used, peak, , limit] = allocator()?.statistics() ?? []
  return used === undefined ? undefined : { used: Number(used), peak: Number(peak), limit: Number(limit) }
}

/** Lets `peak` begin anew. */
export const forgetPeak = (): void => allocator()?.forgetPeak()

const symbols = {
  findDevice: '_ZNK10tensorflow12EagerContext18FindDeviceFromNameEPKcPPNS_6DeviceE',
  device: {
    table: '_ZTVN10tensorflow16ThreadPoolDeviceE',
    getAllocator: '_ZN10tensorflow16ThreadPoolDevice12GetAllocatorEN3tsl19AllocatorAttributesE',
  },
  allocator: {
    table: '_ZTVN3tsl12BFCAllocatorE',
    getStats: '_ZN3tsl12BFCAllocator8GetStatsEv',
    clearStats: '_ZN3tsl12BFCAllocator10ClearStatsEv',
  },
}

const allocator = () => shared('allocator', findAllocator)

// What a C++ function returns in memory of the caller's; larger than what it is, absl::Status or
// std::optional<tsl::AllocatorStats>, which begins with the counts asked for here.
const inMemory = () => koffi.struct({ words: koffi.array('int64_t', 64, 'Typed') })

function findAllocator() {
  const { library } = native()
  const { pointer, devices, gpu } = context()
  const returned = inMemory()
  try {
    const findDevice = library.func(symbols.findDevice, returned, ['void *', 'const char *', 'void *'])
    const places = {
      getAllocator: placeIn(symbols.device.table, symbols.device.getAllocator),
      getStats: placeIn(symbols.allocator.table, symbols.allocator.getStats),
      clearStats: placeIn(symbols.allocator.table, symbols.allocator.clearStats),
    }
    const found = new BigUint64Array(1)
    findDevice(pointer, gpu ?? devices[0]!.name, found)
    const device = found[0]!
    if (device === 0n) return undefined
    const noAttributes = 0n
    const getAllocator = koffi.proto('void *', ['void *', 'uint64_t'])
    const self: Pointer = koffi.call(methodOf(device, places.getAllocator), getAllocator, device, noAttributes)
    const getStats = koffi.proto(returned, ['void *'])
    const clearStats = koffi.proto('bool', ['void *'])
    return {
      statistics: (): BigInt64Array => koffi.call(methodOf(self, places.getStats), getStats, self).words,
      forgetPeak: (): void => koffi.call(methodOf(self, places.clearStats), clearStats, self),
    }
  } catch {
    return undefined // another TensorFlow's symbols
  }
}

const word = 8n

function read(address: Pointer): Pointer {
  const value = new BigUint64Array(1)
  native().memcpyOut(value, address, 8)
  return value[0]!
}

const addressOf = (symbol: string): Pointer => koffi.address(native().library.symbol(symbol))

/** A class's table of virtual methods begins with two words that are not methods. */
const firstMethod = (table: string): Pointer => addressOf(table) + 2n * word

/** At which place of a class's table a method is; the same in every class that overrides it. */
function placeIn(table: string, method: string): bigint {
  const wanted = addressOf(method)
  const most = 64n
  for (let place = 0n; place < most; place++) if (read(firstMethod(table) + place * word) === wanted) return place
  throw new Error(`${table} does not hold ${method}.`)
}

const methodOf = (object: Pointer, place: bigint): Pointer => read(read(object) + place * word)
