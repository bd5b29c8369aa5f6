import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { type Browser, chromium } from 'playwright-core'
import { root } from '../server/lab.js'

const packed = join(root, 'node_modules', '@sparticuz', 'chromium', 'bin')
const unpacked = join(root, '.cache', 'chromium')

const flags = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
]

/**
 * A headless Chromium: the one that ADT_CHROMIUM names; else npm's, which brings its own libraries; else Debian's.
 * @throws Error with what each of them said
 */
export async function launchChromium(): Promise<Browser> {
  if (process.env.ADT_CHROMIUM) return chromium.launch({ executablePath: process.env.ADT_CHROMIUM, args: flags })
  try {
    return await chromium.launch({ executablePath: unpack(), args: flags, env: environment() })
  } catch (fromNpm) {
    const debian = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))
    if (debian) return chromium.launch({ executablePath: debian, args: flags })
    throw new Error(
      `npm's Chromium does not start, and there is no other. Install one (apt-get install chromium) or name one in ADT_CHROMIUM.\n${fromNpm}`,
    )
  }
}

/** npm's Chromium comes compressed; it is unpacked once, aside, and then moved into place. */
function unpack(): string {
  const binary = join(unpacked, 'chromium')
  if (existsSync(binary)) return binary
  const part = `${unpacked}.part.${process.pid}`
  mkdirSync(part, { recursive: true })
  writeFileSync(join(part, 'chromium'), brotliDecompressSync(readFileSync(join(packed, 'chromium.br'))))
  chmodSync(join(part, 'chromium'), 0o755)
  for (const archive of ['al2023', 'fonts', 'swiftshader']) {
    const input = brotliDecompressSync(readFileSync(join(packed, `${archive}.tar.br`)))
    execFileSync('tar', ['-xf', '-', '-C', part], { input })
  }
  rmSync(unpacked, { recursive: true, force: true })
  renameSync(part, unpacked)
  return binary
}

/** It brings the few libraries it needs, and fonts for a system that has none. */
function environment(): Record<string, string> {
  const libraries = [join(unpacked, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  const fonts = existsSync('/etc/fonts') ? '/etc/fonts' : join(unpacked, 'fonts')
  return { ...(process.env as Record<string, string>), LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: fonts }
}
