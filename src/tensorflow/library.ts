/** Finding TensorFlow's C library and opening it, with NVIDIA's libraries where pip installed them. */
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import koffi, { type LibraryHandle } from 'koffi'
import { compileCache } from './compileCache.js'

const names =
  process.platform === 'darwin'
    ? { framework: 'libtensorflow_framework.2.dylib', main: 'libtensorflow_cc.2.dylib' }
    : { framework: 'libtensorflow_framework.so.2', main: 'libtensorflow_cc.so.2' }

const holdsLibrary = (folder: string) =>
  existsSync(join(folder, names.main)) && existsSync(join(folder, names.framework))

/** `.venv/lib/python3.x/site-packages/tensorflow` below `root`, for every Python found there. */
function virtualEnvironment(root: string): string[] {
  const lib = join(root, '.venv', 'lib')
  if (!existsSync(lib)) return []
  return readdirSync(lib)
    .filter(name => name.startsWith('python'))
    .map(name => join(lib, name, 'site-packages', 'tensorflow'))
}

function upward(start: string): string[] {
  const folders = [resolve(start)]
  for (let next = dirname(folders[0]!); next !== folders.at(-1); next = dirname(next)) folders.push(next)
  return folders
}

/**
 * The folder that holds TensorFlow's libraries: `ADT_TENSORFLOW`, else the `.venv` of this package or of the working
 * folder or of a folder above either, else one on `LD_LIBRARY_PATH`.
 * @throws Error that says what to run when there is none
 */
export function findLibrary(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.ADT_TENSORFLOW
  if (chosen) {
    const folder = [chosen, join(chosen, 'tensorflow')].find(holdsLibrary)
    if (folder) return folder
    throw new Error(
      `ADT_TENSORFLOW is ${chosen}, but ${names.main} and ${names.framework} are not there. ` +
        'Point it at the folder pip installed TensorFlow in (…/site-packages/tensorflow), or unset it and run npm start.',
    )
  }
  const roots = [...upward(dirname(fileURLToPath(import.meta.url))), ...upward(process.cwd())]
  const searchPath = (environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean)
  const folder = [...roots.flatMap(virtualEnvironment), ...searchPath].find(holdsLibrary)
  if (folder) return folder
  throw new Error(
    `TensorFlow's library (${names.main}) was not found in a .venv here or in a folder above. ` +
      'Run npm start once to install it, or set ADT_TENSORFLOW to the folder that holds it.',
  )
}

const hasNvidiaDriver = () => existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidia0')

/**
 * Opens the CUDA libraries of pip's `nvidia-*` wheels. TensorFlow asks for them by soname, and the loader hands out
 * the copy that is already open, so no LD_LIBRARY_PATH is needed. A library opens once those it needs are open:
 * repeat until no more do.
 */
function openNvidiaWheels(tensorflowFolder: string): void {
  const wheels = join(dirname(tensorflowFolder), 'nvidia')
  if (!existsSync(wheels) || !hasNvidiaDriver()) return
  const folders = readdirSync(wheels).map(name => join(wheels, name, 'lib'))
  let waiting = folders
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .filter(file => /\.so\.\d+$/.test(file))
  for (let before = Number.POSITIVE_INFINITY; waiting.length > 0 && waiting.length < before; ) {
    before = waiting.length
    waiting = waiting.filter(file => !opens(file))
  }
}

function opens(file: string): boolean {
  try {
    koffi.load(file, { global: true, lazy: true })
    pin(file)
    return true
  } catch {
    return false
  }
}

/**
 * What TensorFlow and XLA read from the environment; what the user has set stays.
 * Memory growth lets two notebooks share one GPU.
 */
function setDefaults(tensorflowFolder: string): void {
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  if (!hasNvidiaDriver()) {
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
    return
  }
  // On a GPU TensorFlow also prints as errors what is none: each function that it finds in its cache, and kernels that it
  // could not time well. Failures come as exceptions.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'
  const { functions, kernels } = compileCache(join(tensorflowFolder, names.main))
  process.env.TF_XLA_FLAGS ??= functions
  const compiler = join(dirname(tensorflowFolder), 'nvidia', 'cuda_nvcc')
  const cuda = existsSync(compiler) ? [`--xla_gpu_cuda_data_dir=${compiler}`] : []
  // Trying out Triton's matrix products takes most of the compiling time of a diffusion model's forward pass (89 s, and
  // 35 s without, on an H100), and cuBLAS's are as fast there.
  process.env.XLA_FLAGS ??= ['--xla_gpu_enable_triton_gemm=false', kernels, ...cuda].join(' ')
}

/**
 * Runs `load` with the process's standard error closed to it: TensorFlow prints a line about oneDNN while it loads,
 * whatever TF_CPP_MIN_LOG_LEVEL says. Failures still come as exceptions.
 */
function quietly<T>(load: () => T): T {
  if (Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 2 || process.platform === 'win32') return load()
  const c = koffi.load(null)
  const dup = c.func('int dup(int file)')
  const dup2 = c.func('int dup2(int from, int to)')
  const standardError = dup(2)
  const nowhere = openSync('/dev/null', 'w')
  dup2(nowhere, 2)
  try {
    return load()
  } finally {
    dup2(standardError, 2)
    closeSync(standardError)
    closeSync(nowhere)
  }
}

/**
 * Keeps an open library until the process is gone. When Node ends by itself, koffi closes what it opened, and TensorFlow's
 * and CUDA's handlers of `exit`, which run after that, would then be called in memory that is no longer there.
 */
function pin(file: string): void {
  const lazily = 1 // RTLD_LAZY, the same number on Linux and macOS
  koffi.load(null).func('void *dlopen(const char *file, int mode)')(file, lazily)
}

/**
 * koffi runs what it calls on stacks of its own: 2 MiB, and 128 KiB on another thread, where a compiler of XLA's or cuDNN's
 * that the system gives 8 MiB may run over. Its largest allowed size is taken; pages that are never touched cost nothing.
 * Where koffi has been used before, its sizes are fixed, and stay.
 */
function takeRoomyStacks(): void {
  const largest = 16 * 2 ** 20
  try {
    koffi.config({ sync_stack_size: largest, async_stack_size: largest })
  } catch (error) {
    if (!/configuration/.test(String(error))) throw error
  }
}

/** Opens TensorFlow: the framework first and globally, because the main library is linked against it. */
export function openLibrary(): LibraryHandle {
  const folder = findLibrary()
  takeRoomyStacks()
  setDefaults(folder)
  try {
    openNvidiaWheels(folder)
    return quietly(() => {
      const [framework, main] = [join(folder, names.framework), join(folder, names.main)]
      koffi.load(framework, { global: true, lazy: true })
      const library = koffi.load(main, { global: true, lazy: true })
      pin(framework)
      pin(main)
      return library
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`TensorFlow in ${folder} does not open: ${reason}. Run npm start to install it again.`)
  }
}
