/** Where XLA keeps what it compiled for a GPU, so that the next process need not compile it again. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, makeFolder } from './folders.js'

/**
 * XLA looks a function up by its name and content (which is why a recording's name ends in a hash), but not by who
 * compiled it for what: each TensorFlow, driver and model of GPU gets a folder of its own.
 *
 * @param library TensorFlow's main library
 * @returns flags for TF_XLA_FLAGS, the functions, and XLA_FLAGS, the fastest kernels that were found by trying
 * @throws Error that says how to name another folder, where none can be made
 */
export function compileCache(library: string): { functions: string; kernels: string } {
  const identity = createHash('sha256').update(`${statSync(library).size}`)
  for (const text of gpuDescription()) identity.update(text)
  const folder = join(cacheFolder(), 'xla', identity.digest('hex').slice(0, 16))
  const kernels = join(folder, 'kernels')
  try {
    makeFolder(kernels)
  } catch (error) {
    const { message } = error as Error
    throw new Error(`${kernels}: cannot be made (${message}); name another folder with ADT_CACHE`, { cause: error })
  }
  return {
    functions: `--tf_xla_persistent_cache_directory=${folder}`,
    kernels: `--xla_gpu_per_fusion_autotune_cache_dir=${kernels}`,
  }
}

/** What NVIDIA's driver says of itself and of the GPUs' models. */
function gpuDescription(): string[] {
  const driver = '/proc/driver/nvidia'
  const version = join(driver, 'version')
  const gpus = join(driver, 'gpus')
  return [
    existsSync(version) ? readFileSync(version, 'utf8') : '',
    ...(existsSync(gpus) ? readdirSync(gpus) : []).map(gpu => {
      const information = readFileSync(join(gpus, gpu, 'information'), 'utf8')
      return /^Model:.*$/m.exec(information)?.[0] ?? ''
    }),
  ]
}
