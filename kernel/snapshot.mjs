// Writes the snapshot from which the language process begins: `node kernel/snapshot.mjs`, after the build.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/** For this version of Node, this place and the libraries of kernel/preload.json, as they are built now. */
export async function writeSnapshot() {
  const { readPreloads } = await import('./dist/preload.js')
  const { SNAPSHOT_FLAGS } = await import('./dist/language/client.js')
  const { found } = readPreloads(join(here, 'preload.json'))
  const folder = mkdtempSync(join(tmpdir(), 'adt-snapshot-'))
  try {
    // Node makes a snapshot of one script.
    const script = join(folder, 'snapshot.cjs')
    const entry = join(here, 'dist', 'language', 'snapshot.js')
    await build({
      entryPoints: [entry],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      // The text stays in the snapshot, which is read at each start.
      minify: true,
      logLevel: 'error',
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry).href) },
    })
    const blob = join(here, 'dist', `language-${process.version}-${process.arch}.blob`)
    const env = { ...process.env, NODE_OPTIONS: '', ADT_SNAPSHOT_PRELOADS: JSON.stringify(found) }
    const options = { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] }
    execFileSync(process.execPath, [...SNAPSHOT_FLAGS, `${blob}.part`, '--build-snapshot', script], options)
    renameSync(`${blob}.part`, blob)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeSnapshot()
