import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url))

/** The set-up's modules take the checkout they lie in for theirs: here a bare one. */
function bareCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adt-checkout-'))
  cpSync(scripts, join(folder, 'scripts'), { recursive: true })
  mkdirSync(join(folder, 'source'))
  writeFileSync(join(folder, 'source', 'a.ts'), 'one')
  return folder
}

const load = (folder: string, name: string) => import(pathToFileURL(join(folder, 'scripts', 'setup', name)).href)

describe('set-up in stages', () => {
  let folder: string
  beforeEach(() => {
    folder = bareCheckout()
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const stage = (make: () => void) => ({
    title: 'a stage',
    stamp: join(folder, 'made', '.stamp'),
    inputs: ['source'],
    make,
  })

  it('does what is not done, once', async () => {
    const { isFinished, run } = await load(folder, 'stages.mjs')
    const built = stage(() => mkdirSync(join(folder, 'made'), { recursive: true }))
    assert.equal(isFinished(built), false)
    await run(built)
    assert.equal(isFinished(built), true)
    rmSync(join(folder, 'made'), { recursive: true })
    assert.equal(isFinished(built), false, 'what it made is gone')
  })

  it('looks at contents when times have changed, and builds only for other contents', async () => {
    const { isFinished, run } = await load(folder, 'stages.mjs')
    const built = stage(() => {})
    await run(built)
    utimesSync(join(folder, 'source', 'a.ts'), 1, 1)
    assert.equal(isFinished(built), true)
    writeFileSync(join(folder, 'source', 'a.ts'), 'two')
    assert.equal(isFinished(built), false)
    writeFileSync(join(folder, 'source', 'a.ts'), 'one')
    assert.equal(isFinished(built), true)
    writeFileSync(join(folder, 'source', 'b.ts'), '')
    assert.equal(isFinished(built), false, 'a new file')
  })

  it('begins a stage again that failed or was killed in the middle', async () => {
    const { isFinished, run } = await load(folder, 'stages.mjs')
    await run(stage(() => {}))
    await assert.rejects(
      run(
        stage(() => {
          throw new Error('half-way')
        }),
      ),
      /half-way/,
    )
    assert.equal(isFinished(stage(() => {})), false)

    await run(stage(() => {}))
    const program = `import { run } from './scripts/setup/stages.mjs'
      const stage = ${JSON.stringify(stage(() => {}))}
      run({ ...stage, make: () => new Promise(resolve => { console.log('half-way'); setTimeout(resolve, 60_000) }) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(isFinished(stage(() => {})), false)
  })

  it('lets one set-up work at a time, and takes over the lock of a process that is gone', async () => {
    const lock = join(folder, '.cache', 'setup.lock')
    const log = join(folder, 'log')
    const work = `import { withLock } from './scripts/setup/lock.mjs'
      import { appendFileSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      await withLock(async () => {
        appendFileSync('log', 'in ')
        await setTimeout(Number(process.argv[1]))
        appendFileSync('log', 'out ')
      })`
    const start = (milliseconds: number) =>
      spawn(process.execPath, ['--input-type=module', '-e', work, String(milliseconds)], {
        cwd: folder,
        stdio: 'ignore',
      })

    const killed = start(60_000)
    while (!existsSync(log)) await sleep(20)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    assert.ok(existsSync(lock), 'its lock is left behind')

    const both = [start(300), start(300), start(300)]
    const codes = await Promise.all(both.map(async child => (await once(child, 'exit'))[0]))
    assert.deepEqual(codes, [0, 0, 0])
    assert.equal(readFileSync(log, 'utf8'), 'in in out in out in out ')
    assert.ok(!existsSync(lock))
  })
})

describe('the venv', () => {
  let folder: string
  let pythonPackages: { intact(): boolean }
  const site = () => join(folder, '.venv', 'lib', 'python3.11', 'site-packages')

  before(async () => {
    folder = bareCheckout()
    mkdirSync(join(folder, '.venv', 'bin'), { recursive: true })
    symlinkSync(process.execPath, join(folder, '.venv', 'bin', 'python'))
    writeFileSync(join(folder, '.venv', '.adt-origin.json'), JSON.stringify({ root: folder, python: process.execPath }))
    const packages = [
      'jupyterlab-4.6.6',
      'jupyter_kernel_test-0.7.0',
      'jupyterlab_widgets-3.0.17',
      'nbclient-0.11.0',
      'notebook-7.6.5',
      'papermill-2.7.0',
      'tensorflow_cpu-2.21.0',
      'tensorflow-2.21.0',
    ]
    for (const name of packages) mkdirSync(join(site(), `${name}.dist-info`), { recursive: true })
    for (const file of ['jupyterlab/__init__.py', 'nbclient/__init__.py', 'tensorflow/libtensorflow_cc.so.2']) {
      mkdirSync(join(site(), file, '..'), { recursive: true })
      writeFileSync(join(site(), file), '')
    }
    pythonPackages = (await load(folder, 'pythonPackages.mjs')).pythonPackages()
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function broken(path: string): boolean {
    renameSync(path, `${path}.away`)
    const seen = !pythonPackages.intact()
    renameSync(`${path}.away`, path)
    return seen
  }

  it('is looked at before every start: a missing package, missing files, a Python that went away', () => {
    assert.equal(pythonPackages.intact(), true)
    assert.ok(broken(join(site(), 'jupyterlab-4.6.6.dist-info')))
    assert.ok(broken(join(site(), 'nbclient', '__init__.py')))
    assert.ok(broken(join(site(), 'tensorflow', 'libtensorflow_cc.so.2')))
    assert.ok(broken(join(folder, '.venv', 'bin', 'python')))
    assert.equal(pythonPackages.intact(), true)
  })

  it('is made anew when the checkout has moved', () => {
    const origin = join(folder, '.venv', '.adt-origin.json')
    writeFileSync(origin, JSON.stringify({ root: '/elsewhere', python: process.execPath }))
    assert.equal(pythonPackages.intact(), false)
  })
})

describe('versions', () => {
  it('are checked: Node 20.19 at least, and a system with TensorFlow', async () => {
    const { checkNode } = await load(fileURLToPath(new URL('../..', import.meta.url)), 'versions.mjs')
    assert.throws(() => checkNode('18.20.1', 'linux'), /Node 20\.19 or newer is needed; this is Node 18\.20\.1/)
    assert.throws(() => checkNode('20.18.3', 'linux'), /Node 20\.19/)
    assert.throws(() => checkNode('22.1.0', 'win32'), /runs on Linux/)
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) checkNode(version, 'linux')
  })
})
