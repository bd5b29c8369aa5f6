import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Executor } from '../../src/experiments/executor.js'
import { localExecutor, parseStudy, readMetrics, runStudy, trialFolder, trialsOf } from '../../src/experiments/index.js'
import { createClient } from '../../src/experiments/ray/client.js'
import { createHttp } from '../../src/experiments/ray/http.js'
import { type RayOptions, rayExecutor } from '../../src/experiments/ray/index.js'
import { packCode, upload } from '../../src/experiments/ray/package.js'
import { freePorts } from '../ports.js'
import {
  assertNothingTwice,
  conformance,
  type FakeTrial,
  fakeTrial,
  fixtures,
  numberAfter,
  until,
} from './conformance.js'
import { type RayCluster, startRayCluster } from './rayCluster.js'
import { tinyStudy } from './tinyStudy.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('a Ray cluster of two nodes', function () {
  this.timeout(120_000)
  let cluster: RayCluster
  let folder: string
  const code = { root: fixtures, files: ['fakeTrial.mjs'] }
  const open = (options: Partial<RayOptions> = {}) => rayExecutor({ address: cluster.address, code, ...options })

  before(async function () {
    this.timeout(300_000) // Ray may have to be installed first
    cluster = await startRayCluster()
    folder = mkdtempSync(join(tmpdir(), 'adt-ray-'))
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await cluster?.close()
  })

  describe('as an executor', () =>
    conformance(() => ({
      open,
      slots: 2,
      async lose(trials) {
        const worker = cluster.workers.at(-1)!
        const lost = trials.find(trial => ancestors(trial.work().at(-1)!.pid).includes(worker.raylet))!
        process.kill(worker.raylet, 'SIGKILL')
        return lost
      },
      async restore() {
        await cluster.add()
      },
      busy: { trials: 4, seconds: 6, share: 0.6 },
    })))

  describe('beside the suite', () => {
    let executor: Executor
    beforeEach(() => {
      executor = open()
    })
    afterEach(() => executor.close())

    it('watches a trial that another process started, and does not start it again', async () => {
      const trial = fakeTrial(folder, { steps: 200, stepMs: 20, checkpointEvery: 1000 })
      const running = await trial.start(executor)
      const first = trial.metrics
      const second = open()
      try {
        const [same] = await Promise.all([trial.start(second), until(() => first.length > 0, 'a metric')])
        assert.deepEqual(await Promise.all([running.done, same.done]), [{ state: 'finished' }, { state: 'finished' }])
        assert.equal(trial.metrics.length, 200)
        assert.deepEqual(trial.metrics, first)
        assert.equal(trial.work().filter(({ did }) => did === 'started').length, 1)
      } finally {
        await second.close()
      }
    })

    it('stops what a scheduler that was killed left running, where nobody wants it any more, and nothing else', async () => {
      const [forsaken, watched] = [fakeTrial(folder, { steps: 100_000 }), fakeTrial(folder, { steps: 100_000 })]
      const script = join(fixtures, 'rayScheduler.ts')
      const words = ['--import', 'tsx', script, cluster.address, JSON.stringify(forsaken.task)]
      const scheduler = execa(process.execPath, words, { reject: false })
      const running = await watched.start(executor)
      await until(() => [forsaken, watched].every(trial => stepsIn(trial) > 0), 'both trials at work', 100)
      const both = [forsaken, watched].map(({ task: { key, folder } }) => ({ key, folder }))
      assert.equal(await executor.stopOrphans!(both), 0, 'their schedulers live')
      scheduler.kill('SIGKILL')
      await scheduler
      assert.equal(await executor.stopOrphans!(both), 1)
      await until(() => forsaken.work().at(-1)!.did === 'stopped', 'the forsaken trial has its checkpoint')
      const before = stepsIn(watched)
      await until(() => stepsIn(watched) > before, 'the other goes on')
      await running.stop()
    })

    it('loses no metric when its connections break', async () => {
      const line = await breakableLine(Number(new URL(cluster.address).port))
      const broken = open({ address: `http://127.0.0.1:${line.port}` })
      try {
        const trial = fakeTrial(folder, { steps: 200, stepMs: 20 })
        await broken.slots() // it has reached the dashboard once
        const starting = line.away(1500)
        const running = await trial.start(broken)
        await starting
        for (const wanted of [1, 40, 80]) {
          await until(() => trial.metrics.length >= wanted, `${wanted} metrics`)
          const away = line.away(700)
          assert.ok((await broken.slots()) >= 1, 'a dashboard that is away for a moment ends no study')
          await away
        }
        assert.deepEqual(await running.done, { state: 'finished' })
        assert.deepEqual(
          trial.metrics.map(({ sequence }) => sequence),
          Array.from({ length: 200 }, (_, i) => i),
        )
        assert.equal(trial.metrics.at(-1)!.number, numberAfter(200))
        assertNothingTwice(trial, 1)
      } finally {
        await broken.close()
        line.close()
      }
    })

    it('counts the trials that the nodes have GPUs for, and asks Ray for a GPU', async () => {
      const halves = open({ cpus: 0.25, gpus: 0.5 })
      const whole = open({ cpus: 0.25, gpus: 1 })
      try {
        await until(async () => (await halves.slots()) === 2, 'two halves of a GPU')
        const trial = fakeTrial(folder, { steps: 100_000 })
        trial.task.gpus = 1
        const running = await trial.start(whole)
        await until(() => trial.work().length > 0, 'the trial at work')
        assert.equal(trial.work()[0]!.gpu, '0')
        assert.equal(await whole.slots(), 1)
        await until(async () => (await halves.slots()) === 0, 'no GPU left for others')
        await running.stop()
      } finally {
        await Promise.all([halves.close(), whole.close()])
      }
    })

    it('says which folder a node does not see', async () => {
      const trial = fakeTrial(folder)
      trial.task.folder = '/nowhere/study/trials/a'
      const { state, message } = await (await trial.start(executor)).done
      assert.equal(state, 'failed')
      assert.match(message!, /no folder \/nowhere\/study\/trials\/a/)
    })

    it('uploads a package once', async () => {
      const client = createClient(createHttp(cluster.address))
      const uploads: string[] = []
      const putPackage = (name: string, zip: Uint8Array) => {
        uploads.push(name)
        return client.putPackage(name, zip)
      }
      const packed = packCode({ root: fixtures, files: ['rayCluster.py'] })
      await upload({ ...client, putPackage }, packed)
      await upload({ ...client, putPackage }, packed)
      assert.deepEqual(uploads, [packed.name])
      client.close()
    })

    it('names the port that is not the dashboard', async () => {
      const wrong = open({ address: `127.0.0.1:${await clusterPort()}` })
      await assert.rejects(wrong.slots(), { name: 'RayError', message: /does not speak HTTP.*dashboard's address/ })
      await wrong.close()
    })
  })

  it('runs a study: a node that goes away in mid-trial changes none of its figures', async function () {
    this.timeout(240_000)
    const study = parseStudy(tinyStudy({ base: { ...tinyStudy().base, iterations: 6, evaluateEvery: 3 } }))
    const keys = trialsOf(study).map(({ key }) => key)
    const built = (trial: string) => [process.execPath, join(root, 'dist', 'cli', 'main.js'), 'trial', 'run', trial]
    const linesOf = (at: string, key: string) =>
      readMetrics(trialFolder(join(folder, at), key)).map(({ seconds: _seconds, ...line }) => line)

    for await (const _ of runStudy(study, {
      executor: localExecutor({ slots: 2 }),
      folder: join(folder, 'local'),
      command: built,
    }));

    const executor = rayExecutor({ address: cluster.address })
    const worker = cluster.workers.at(-1)!
    const started: string[] = []
    const lost: string[] = []
    const isOnWorker = (key: string) => {
      const lock = join(trialFolder(join(folder, 'ray'), key), 'lock')
      return existsSync(lock) && ancestors(JSON.parse(readFileSync(lock, 'utf8')).pid).includes(worker.raylet)
    }
    const isPastCheckpoint = (key: string) => linesOf('ray', key).some(({ iteration }) => (iteration as number) > 3)
    const killed = until(
      () => keys.some(key => isPastCheckpoint(key) && isOnWorker(key)),
      'a trial on the node',
      120,
    ).then(() => process.kill(worker.raylet, 'SIGKILL'))
    try {
      for await (const event of runStudy(study, { executor, folder: join(folder, 'ray'), command: built })) {
        if (event.kind === 'started') started.push(event.key)
        if (event.kind === 'lost') lost.push(event.key)
        if (event.kind === 'ended') assert.deepEqual(event.ending, { state: 'finished' })
      }
    } finally {
      await executor.close()
      await killed
      await cluster.add()
    }
    assert.equal(lost.length, 1)
    assert.deepEqual(started.sort(), [...keys, ...lost].sort(), 'one try each, and another of the one that was lost')
    for (const key of keys) assert.deepEqual(linesOf('ray', key), linesOf('local', key))
  })

  it('is described by the OpenAPI document that the types come from', () => {
    const document = execFileSync(cluster.python, [join(root, 'scripts', 'ray', 'openapi.py')], { encoding: 'utf8' })
    const committed = readFileSync(join(root, 'src', 'experiments', 'ray', 'openapi.json'), 'utf8')
    assert.deepEqual(JSON.parse(document), JSON.parse(committed), 'run npm run ray:types')
  })

  /** The port of the cluster itself (Ray's GCS), which its raylets name in their arguments. */
  async function clusterPort(): Promise<string> {
    const [, port] = /--gcs-address=[^:]+:(\d+)/.exec(readFileSync(`/proc/${cluster.head.raylet}/cmdline`, 'utf8'))!
    return port!
  }
})

const stepsIn = (trial: FakeTrial) => trial.work().filter(({ did }) => did === 'step').length

/** A process's parents, the nearest first. */
function ancestors(pid: number): number[] {
  const parent = Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1])
  return parent > 1 ? [parent, ...ancestors(parent)] : []
}

/** A port that leads to another, but for times when it is away: what is connected breaks off, and nothing connects. */
async function breakableLine(to: number): Promise<{ port: number; away(ms: number): Promise<void>; close(): void }> {
  const sockets = new Set<Socket>()
  let isAway = false
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const server: Server = createServer(near => {
    if (isAway) return near.destroy()
    const far = connect(to, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
    }
  })
  const [port] = await freePorts(1)
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    port: port!,
    async away(ms) {
      isAway = true
      cut()
      await wait(ms)
      isAway = false
    },
    close() {
      cut()
      server.close()
    },
  }
}
