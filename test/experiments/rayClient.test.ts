import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import type { MetricLine } from '../../src/experiments/executor.js'
import { createMetricLines } from '../../src/experiments/metricLines.js'
import type { Job, Node } from '../../src/experiments/ray/client.js'
import { endingOf } from '../../src/experiments/ray/ending.js'
import { dashboardAddress } from '../../src/experiments/ray/http.js'
import { rayExecutor } from '../../src/experiments/ray/index.js'
import { packCode } from '../../src/experiments/ray/package.js'
import { type OwnJob, reportAge, slotsFor } from '../../src/experiments/ray/slots.js'
import { freePorts } from '../ports.js'

describe('a Ray dashboard', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** A server that answers everything alike; gives its address. */
  async function serve(answer: string, status = 200, onRequest = (_: IncomingMessage) => {}): Promise<string> {
    const server = createServer((request, response) => {
      onRequest(request)
      response.writeHead(status).end(answer)
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`
  }
  async function refused(address: string, message: RegExp): Promise<void> {
    const executor = rayExecutor({ address })
    await assert.rejects(executor.slots(), { name: 'RayError', message })
    await executor.close()
  }

  it('that is not there: says what starts one', async () => {
    const [port] = await freePorts(1)
    await refused(`127.0.0.1:${port}`, /No Ray dashboard answers at http:.*nothing listens there.*ray start --head/s)
    await refused('no-such-host.invalid:8265', /no such host|could not be looked up/)
  })

  it('that is another server: says what the address is for', async () => {
    await refused(await serve('<html>'), /answers, but not as a Ray dashboard does.*not JSON/)
    await refused(await serve('not found', 404), /answers, but not as a Ray dashboard does.*status 404/)
    await refused(await serve('{"version": "4"}'), /answers, but not as a Ray dashboard does.*ray_version/s)
  })

  it('that is too old: says which version is needed', async () => {
    await refused(await serve('{"version": "4", "ray_version": "2.59.1"}'), /runs Ray 2\.59\.1; 2\.60 or newer/)
    await refused(await serve('{"version": "1", "ray_version": "1.13.0"}'), /runs Ray 1\.13\.0/)
  })

  it('that asks for a token gets it, and without it says so', async () => {
    await refused(await serve('Unauthorized', 401), /asks for a token.*RAY_AUTH_TOKEN/)
    const tokens: unknown[] = []
    const address = await serve('{}', 200, ({ headers }) => tokens.push(headers.authorization))
    const executor = rayExecutor({ address, token: 'secret' })
    await assert.rejects(executor.slots())
    await executor.close()
    assert.deepEqual(tokens, ['Bearer secret'])
  })

  it('is named in several ways', () => {
    assert.equal(dashboardAddress('head:8265'), 'http://head:8265')
    assert.equal(dashboardAddress('https://head/ray/'), 'https://head/ray')
    assert.throws(() => dashboardAddress('ray://head:10001'), /Python client.*http:\/\/HOST:8265/)
    assert.throws(() => dashboardAddress('ftp://head'), /no address of a Ray dashboard/)
  })
})

describe("a cluster's slots", () => {
  const node = (id: string, CPU: number, GPU?: number): Node => ({
    node_id: id,
    state: 'ALIVE',
    resources_total: { CPU, ...(GPU !== undefined && { GPU }) },
  })
  const slots = (request: { CPU: number; GPU: number }, nodes: Node[], used: object = {}, own: OwnJob[] = []) =>
    slotsFor(request, nodes, new Map(Object.entries(used)), own, 1e6)
  const core = { CPU: 1, GPU: 0 }

  it('are counted on each node alone', () => {
    assert.equal(slots({ CPU: 2, GPU: 0 }, [node('a', 3), node('b', 3)]), 2)
    assert.equal(slots({ CPU: 1, GPU: 1 }, [node('a', 8, 1), node('b', 1, 8), node('c', 8)]), 2)
    assert.equal(slots({ CPU: 0, GPU: 0.1 }, [node('a', 8, 1)]), 10)
  })

  it('leave out what others use, not what our own trials use', () => {
    assert.equal(slots(core, [node('a', 4)], { a: { CPU: 3 } }), 1)
    assert.equal(slots(core, [node('a', 4)], { a: { CPU: 3 } }, [{ request: core, nodeId: 'a' }]), 2)
    assert.equal(slots(core, [node('a', 4)], {}, [{ request: core, nodeId: 'a' }]), 4, 'not in the report yet')
    assert.equal(slots(core, [node('a', 4)], { gone: { CPU: 4 } }), 4)
  })

  it('take no trial of ours for somebody else’s while the report is late', () => {
    const report = { a: { CPU: 1 } }
    assert.equal(slots(core, [node('a', 1)], report, [{ request: core }]), 1, 'placed, we do not know where')
    assert.equal(slots(core, [node('a', 1)], report, [{ request: core, nodeId: 'a', ended: 1e6 - 1 }]), 1, 'just ended')
    assert.equal(slots(core, [node('a', 1)], report, [{ request: core, nodeId: 'a', ended: 1e6 - reportAge }]), 0)
  })
})

describe("a job's end", () => {
  const job = (values: Partial<Job>): Job => ({ status: 'FAILED', ...values })

  it('is lost when its node or what Ray had there went away, whoever noticed', () => {
    const died = job({
      error_type: 'JOB_SUPERVISOR_ACTOR_DIED',
      message: 'Job supervisor actor died: …\n\tpid: 1\nThe actor died because its node has died.\n\tNode Id: a',
    })
    assert.deepEqual(endingOf(died, ''), {
      state: 'lost',
      message: 'The actor died because its node has died. Node Id: a',
    })
    const vanished = job({ error_type: 'JOB_SUPERVISOR_ACTOR_START_FAILURE', message: 'failed to get job supervisor' })
    assert.deepEqual(endingOf(vanished, ''), { state: 'lost', message: 'failed to get job supervisor' })
    const command = { error_type: 'JOB_ENTRYPOINT_COMMAND_ERROR' }
    assert.equal(endingOf(job({ ...command, driver_exit_code: -15 }), '').state, 'lost')
    assert.equal(endingOf(job({ ...command, driver_exit_code: 143 }), '').state, 'lost')
    assert.equal(endingOf(job({ ...command, driver_exit_code: 75 }), '').state, 'lost')
  })

  it('is failed when the trial says so, with its last words', () => {
    const failed = job({ error_type: 'JOB_ENTRYPOINT_COMMAND_ERROR', driver_exit_code: 1 })
    const output =
      '2026-01-01 00:00:00,000\tINFO job_manager.py:568 -- Runtime env is setting up.\n' +
      'Running entrypoint for job x: exec sh\n{"sequence":0}\nerror: no such model\n'
    assert.deepEqual(endingOf(failed, output), { state: 'failed', message: 'exit code 1\nerror: no such model' })
    assert.match(endingOf(job({ ...failed, driver_exit_code: -9 }), '').message!, /out of memory/)
    const noPackage = job({ error_type: 'RUNTIME_ENV_SETUP_FAILURE', message: 'runtime_env setup failed: no space' })
    assert.deepEqual(endingOf(noPackage, ''), { state: 'failed', message: 'runtime_env setup failed: no space' })
  })
})

describe('what travels to the nodes', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-package-'))
    mkdirSync(join(root, 'dist', 'cli'), { recursive: true })
    writeFileSync(join(root, 'dist', 'cli', 'main.js'), 'main()')
    writeFileSync(join(root, 'dist', 'index.js'), 'index()')
    writeFileSync(join(root, 'package.json'), '{}')
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const pack = () => packCode({ root, files: ['package.json', 'dist'] })

  it('has the files at their paths, and the script that starts a trial', () => {
    const files = unzipSync(pack().zip())
    assert.deepEqual(Object.keys(files).sort(), ['dist/cli/main.js', 'dist/index.js', 'package.json', 'start-trial.sh'])
    assert.equal(Buffer.from(files['dist/cli/main.js']!).toString(), 'main()')
  })

  it('is the same for the same files, whenever and wherever they were written', () => {
    const before = pack()
    utimesSync(join(root, 'package.json'), 1, 1)
    assert.equal(pack().name, before.name)
    assert.deepEqual(pack().zip(), before.zip())
    writeFileSync(join(root, 'dist', 'index.js'), 'Index()')
    assert.notEqual(pack().name, before.name)
  })
})

describe("a trial's lines", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-lines-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const line = (sequence: number) => JSON.stringify({ sequence, value: sequence * 2 })
  const store = (count: number) =>
    writeFileSync(join(folder, 'metrics.jsonl'), Array.from({ length: count }, (_, i) => `${line(i)}\n`).join(''))

  it('are given once and in order, whatever is read twice, and only metrics are', () => {
    const given: MetricLine[] = []
    const lines = createMetricLines(folder, metric => given.push(metric))
    const output = ['a warning', line(0), '{"sequence": -1}', line(1), '{ "half', line(0), line(1), line(2), line(1)]
    output.forEach(lines.read)
    assert.deepEqual(
      given,
      [0, 1, 2].map(sequence => ({ sequence, value: sequence * 2 })),
    )
  })

  it('are completed from the folder: at a gap up to it, at the end with the rest', () => {
    store(8)
    const given: number[] = []
    const lines = createMetricLines(folder, ({ sequence }) => given.push(sequence))
    lines.read(line(0))
    lines.read(line(4))
    assert.deepEqual(given, [0, 1, 2, 3, 4])
    lines.readFolder()
    assert.deepEqual(given, [0, 1, 2, 3, 4, 5, 6, 7])
  })
})
