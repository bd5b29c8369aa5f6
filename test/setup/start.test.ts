import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs `npm start` where it should refuse; gives its exit code and what it said. */
async function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--no-browser', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk))
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { code, said }
}

describe('npm start says what is wrong', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-start-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function python(name: string, script: string): string {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { code, said } = await start(['--port', String(port)])
    server.close()
    assert.equal(code, 1)
    assert.match(said, new RegExp(`Port ${port} is taken`))
    assert.match(said, /npm start -- --port N/)
  })

  it('a port that is none', async () => {
    const { code, said } = await start(['--port', '88888'])
    assert.equal(code, 1)
    assert.match(said, /--port is '88888', not a number from 1 to 65535/)
  })

  it('an option that is none', async () => {
    const { code, said } = await start(['--prot', '8888'])
    assert.equal(code, 1)
    assert.match(said, /--prot/)
    assert.match(said, /npm start -- --help/)
  })

  it('a Python that is too old', async () => {
    const { code, said } = await start([], { ADT_PYTHON: python('old', 'echo 3.8.1; echo /old') })
    assert.equal(code, 1)
    assert.match(said, /Python 3\.10 to 3\.13 is needed; '.*old' is Python 3\.8\.1/)
    assert.match(said, /ADT_PYTHON=/)
  })

  it('a Python that is not there', async () => {
    const { code, said } = await start([], { ADT_PYTHON: join(folder, 'none') })
    assert.equal(code, 1)
    assert.match(said, /could not be run/)
  })

  it('a Python that cannot make venvs', async () => {
    const script = 'case "$2" in *ensurepip*) exit 1;; esac; echo 3.11.2; echo /bare'
    const { code, said } = await start([], { ADT_PYTHON: python('bare', script) })
    assert.equal(code, 1)
    assert.match(said, /has no venv and ensurepip/)
    assert.match(said, /python3-venv/)
  })

  it('a TensorFlow build that is none', async () => {
    const { code, said } = await start([], { ADT_TENSORFLOW_BUILD: 'tpu' })
    assert.equal(code, 1)
    assert.match(said, /ADT_TENSORFLOW_BUILD is 'tpu'/)
    assert.doesNotMatch(said, /\n {4}at /, 'no stack trace')
  })
})
