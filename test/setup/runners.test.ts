import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { root } from '../server/lab.js'

const module = pathToFileURL(join(root, 'scripts', 'testing', 'runners.mjs')).href

describe('the runners of npm test', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-runners-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const runner = (name: string, program: string) => ({ name, single: true, minutes: 1, args: ['-e', program] })

  it('run each once, report each in one piece, and count what failed', async () => {
    const { runAll } = await import(module)
    const reports: string[] = []
    const failing = runner('d', "console.log('one'); setTimeout(() => { console.log('two'); process.exit(3) }, 200)")
    const all = ['a', 'b', 'c'].map(name => runner(name, ''))
    const total = await runAll([...all, failing], process.execPath, (report: string) => reports.push(report))
    assert.deepEqual(total, { passed: 3, failed: 1 })
    assert.deepEqual(reports.map(report => /[✓✗] (\w)/.exec(report)![1]).sort(), ['a', 'b', 'c', 'd'])
    assert.match(reports.find(report => report.includes('✗'))!, /^one\ntwo\n✗ d: 0 passed, 1 failed, 0 skipped, /)
  })

  it('leave one alone that wants to be', async () => {
    const { runAll } = await import(module)
    const log = join(folder, 'log')
    const says = (name: string) =>
      `const { appendFileSync } = require('fs'); const say = s => appendFileSync('${log}', s + ' '); say('${name}'); setTimeout(() => say('/${name}'), 100)`
    const all = ['a', 'b', 'c'].map(name => ({ ...runner(name, says(name)), alone: name === 'a' }))
    await runAll(all, process.execPath, () => {})
    assert.match(readFileSync(log, 'utf8'), / a \/a $/)
  })

  it('end with Ctrl-C, and all that they started', async () => {
    const beats = (name: string) => (existsSync(join(folder, name)) ? statSync(join(folder, name)).size : 0)
    const beating = (name: string) =>
      runner(name, `setInterval(() => require('fs').appendFileSync('${join(folder, name)}', '.'), 20)`)
    const program = `import { runAll } from '${module}'; await runAll(${JSON.stringify(['a', 'b'].map(beating))})`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
    const names = availableParallelism() > 1 ? ['a', 'b'] : ['a']
    while (!names.every(beats)) await sleep(20)
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'exit'), [130, null])
    await sleep(100)
    const last = names.map(beats)
    await sleep(300)
    assert.deepEqual(names.map(beats), last)
  })
})
