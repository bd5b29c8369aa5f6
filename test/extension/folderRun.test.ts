import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contents } from '@jupyterlab/services'
import { followFolder } from '../../extension/src/live/folderRun.js'
import type { RunSource } from '../../extension/src/live/source.js'
import { openSteering } from '../../src/cli/steering.js'
import { writeFileAtomic, writeGrid } from '../../src/data/index.js'
import { createDesk } from '../../src/tuning/control.js'

/** The server's contents, as far as a follower uses them. */
function contentsOf(root: string): { contents: Contents.IManager; reads: string[] } {
  const reads: string[] = []
  const modelOf = (path: string) => {
    const { size, mtimeMs } = statSync(join(root, path))
    return { name: path.split('/').at(-1)!, path, size, last_modified: new Date(mtimeMs).toISOString() }
  }
  const contents = {
    async get(path: string, { type, format }: { type: string; format?: 'text' | 'base64' }) {
      if (!existsSync(join(root, path))) throw Object.assign(new Error('not found'), { response: { status: 404 } })
      if (type === 'directory') {
        const names = readdirSync(join(root, path)).filter(name => !name.endsWith('.tmp'))
        return { ...modelOf(path), content: names.map(name => modelOf(`${path}/${name}`)) }
      }
      reads.push(path)
      return { ...modelOf(path), content: readFileSync(join(root, path), format === 'base64' ? 'base64' : 'utf8') }
    },
    async save(path: string, { content }: { content: string }) {
      writeFileAtomic(join(root, path), content)
    },
  }
  return { contents: contents as unknown as Contents.IManager, reads }
}

const line = (iteration: number, total = 50) =>
  `${JSON.stringify({ kind: 'step', iteration, total, losses: { diffusion: 1 / iteration }, seconds: 1 })}\n`

async function until(what: () => boolean, words: string): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(10)) if (what()) return
  throw new Error(`in vain waited for ${words}`)
}

describe('a run that is followed through its folder', () => {
  let root: string
  let folder: string
  let source: RunSource | undefined
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-folder-'))
    folder = join(root, 'mine')
  })
  afterEach(() => {
    source?.dispose()
    rmSync(root, { recursive: true, force: true })
  })
  const start = () => {
    writeFileAtomic(join(folder, 'config.json'), JSON.stringify({ options: { K: 3 }, prompts: ['a', 'b'] }))
    writeFileSync(join(folder, 'metrics.jsonl'), line(1))
  }

  it('grows with its files, samples too, and rests while they do', async () => {
    start()
    const { contents, reads } = contentsOf(root)
    source = followFolder(contents, 'mine', { pace: 20 })
    await until(() => source!.data.iterations.length === 1, 'the first line')
    assert.deepEqual([source.about!.label, source.about!.status, source.connection], ['mine', 'running', 'live'])
    for (let iteration = 2; iteration <= 50; iteration++) {
      appendFileSync(join(folder, 'metrics.jsonl'), line(iteration))
      await sleep(5)
    }
    const images = { data: new Uint8Array(24).fill(7), shape: [2, 2, 2, 3] }
    await writeGrid(join(folder, 'samples', '000050.png'), images, { scale: 3 })
    await until(() => source!.data.iterations.length === 50 && source!.data.samples.length === 1, 'the rest')
    const judged = { kind: 'judged', iteration: 50, captions: ['a'], realScores: [0.5], fakeScores: [-0.5] }
    await writeGrid(join(folder, 'judged', '000050.png'), images, { scale: 1 })
    await writeGrid(join(folder, 'samples', 'references.png'), images, { scale: 1 })
    const lines = [judged, { ...judged, iteration: 51, realScores: ['x'] }, { kind: 'references', prompts: ['a', 'b'] }]
    appendFileSync(join(folder, 'metrics.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    await until(() => source!.data.judged.length === 1 && source!.data.references.length === 1, 'what was judged')
    assert.deepEqual([source.data.judged[0]!.iteration, source.data.judged[0]!.pixels.length], [50, 24])
    assert.equal(source.about!.status, 'done')
    assert.deepEqual([...source.data.samples[0]!.pictures[1]!.pixels], new Array(12).fill(7))
    await sleep(200)
    const before = reads.length
    await sleep(200)
    assert.equal(reads.length, before, 'nothing is read again')
  })

  it('shows a run that was resumed from where it went on', async () => {
    start()
    for (let iteration = 2; iteration <= 9; iteration++) appendFileSync(join(folder, 'metrics.jsonl'), line(iteration))
    const { contents } = contentsOf(root)
    source = followFolder(contents, 'mine', { pace: 20 })
    await until(() => source!.data.iterations.length === 9, 'the lines')
    writeFileAtomic(join(folder, 'metrics.jsonl'), [1, 2, 3, 4].map(iteration => line(iteration, 40)).join(''))
    await until(() => source!.data.iterations.length === 4, 'the rewound file')
    assert.deepEqual(source.data.iterations, [1, 2, 3, 4])
    assert.equal(source.about!.total, 40)
  })

  it('says what is missing, and finds it when it comes', async () => {
    const { contents } = contentsOf(root)
    source = followFolder(contents, 'mine', { pace: 20 })
    await until(() => source!.problem !== undefined, 'the problem')
    assert.match(source.problem!, /no such folder/)
    start()
    await until(() => source!.data.iterations.length === 1, 'the run')
    assert.equal(source.problem, undefined)
  })

  it('steers the run in the terminal, and hears what it says', async () => {
    start()
    const initial = { lambda: 0.5, learningRate: { generator: 1e-4, discriminator: 1e-4 } }
    const desk = createDesk(initial, false)
    writeFileSync(join(folder, 'control.json'), '{"version": 1, "id": "stale", "action": {"do": "stop"}}')
    const steering = openSteering(folder)
    steering.show({ kind: 'start', iteration: 2, total: 50, settings: {}, prompts: [], control: desk.control })
    try {
      const { contents } = contentsOf(root)
      source = followFolder(contents, 'mine', { pace: 20 })
      await until(() => source!.about?.controls != null, 'the controls')
      assert.equal(desk.stopped, false, 'what was asked of an earlier process is not obeyed')
      await Promise.all([source.act({ do: 'pause' }), source.act({ do: 'lambda', value: 2 })])
      assert.deepEqual([desk.control.paused, desk.takeChanges()], [true, [{ name: 'lambda', value: 2 }]])
      await assert.rejects(source.act({ do: 'sample' }), /no prompts to draw/)
      steering.show({ kind: 'change', iteration: 3, name: 'lambda', value: 2 })
      steering.show({ kind: 'paused', iteration: 2 })
      await until(() => source!.about!.status === 'paused', 'the pause')
      assert.equal(source.about!.controls!.lambda, 2)
      writeFileAtomic(join(folder, 'control.json'), 'not JSON')
      await sleep(400)
      assert.match(readFileSync(join(folder, 'status.json'), 'utf8'), /"id": "unknown",\s+"problem": /)
    } finally {
      steering.close({ status: 'failed', message: 'the disk is full' })
    }
    await until(() => source!.about!.status === 'failed', 'the end')
    assert.deepEqual([source.about!.message, source.about!.controls], ['the disk is full', null])
  })
})
