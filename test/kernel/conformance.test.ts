import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeKernelSpec } from '../../kernel/install.mjs'
import { PRELOAD } from './client.js'

const ROOT = resolve(import.meta.dirname, '../..')
const PYTHON = join(ROOT, '.venv/bin/python')

describe('kernel: conformance', function () {
  this.timeout(300_000)

  it("passes jupyter_kernel_test, Jupyter's own suite", async () => {
    assert.ok(existsSync(PYTHON), `${PYTHON} is not there: run npm start once`)
    const folder = await mkdtemp(join(tmpdir(), 'adt-conformance-'))
    const spec = join(writeKernelSpec(folder), 'kernel.json')
    const { argv, ...rest } = JSON.parse(await readFile(spec, 'utf8')) as { argv: string[] }
    await writeFile(spec, JSON.stringify({ ...rest, argv: [...argv, '--preload', PRELOAD] }))
    const { failed, output } = await new Promise<{ failed: boolean; output: string }>(done => {
      const env = { ...process.env, JUPYTER_PATH: folder }
      execFile(PYTHON, [join(import.meta.dirname, 'conformance.py')], { env }, (error, stdout, stderr) =>
        done({ failed: error !== null, output: stdout + stderr }),
      )
    })
    await rm(folder, { recursive: true })
    assert.ok(!failed, output)
    // Only the pager is not offered: JupyterLab has none.
    assert.match(output, /OK \(skipped=1\)/, output)
  })
})
