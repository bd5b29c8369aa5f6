import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kernel, KernelManager, KernelMessage, ServerConnection } from '@jupyterlab/services'
import WebSocket from 'ws'
import { writeKernelSpec } from '../../kernel/install.mjs'
import { freePort } from '../ports.js'
import { root } from '../server/lab.js'
import { PRELOAD } from './client.js'

interface Server {
  settings: ServerConnection.ISettings
  stop(): Promise<void>
}

/** What JupyterLab's own client sees, over a websocket of a real Jupyter server. */
describe('kernel: through a Jupyter server', function () {
  this.timeout(120_000)
  let server: Server
  let kernels: KernelManager
  let kernel: Kernel.IKernelConnection
  before(async () => {
    server = await startServer()
    kernels = new KernelManager({ serverSettings: server.settings })
    kernel = await kernels.startNew({ name: 'adt' })
    await kernel.info
  })
  after(async () => {
    await kernels?.shutdownAll()
    kernels?.dispose()
    await server?.stop()
  })

  /** Runs a cell; gives its reply, its printed text and its value as text. */
  async function run(code: string, prepare: (future: Future) => void = () => {}) {
    // As JupyterLab's notebooks ask.
    const future = kernel.requestExecute({ code, stop_on_error: true })
    let [printed, value] = ['', '']
    future.onIOPub = message => {
      if (KernelMessage.isStreamMsg(message)) printed += message.content.text
      if (KernelMessage.isExecuteResultMsg(message)) value = String(message.content.data['text/plain'])
    }
    prepare(future)
    const { content } = (await future.done) as KernelMessage.IExecuteReplyMsg
    return { reply: content as KernelMessage.IReplyErrorContent, printed, value }
  }
  type Future = Kernel.IShellFuture<KernelMessage.IExecuteRequestMsg, KernelMessage.IExecuteReplyMsg>
  /** Resolves when a cell has printed. */
  const printing = (future: Future) =>
    new Promise<void>(resolve => {
      future.registerMessageHook(message => {
        if (KernelMessage.isStreamMsg(message)) resolve()
        return true
      })
    })

  it('runs a cell, and says that it has subshells', async () => {
    assert.equal((await run('6 * 7')).value, '42')
    assert.equal(kernel.supportsSubshells, true)
  })

  it('asks and takes the answer', async () => {
    const { value } = await run('await input("Name? ", { password: true })', future => {
      future.onStdin = message => {
        assert.ok(KernelMessage.isInputRequestMsg(message))
        assert.deepEqual(message.content, { prompt: 'Name? ', password: true })
        kernel.sendInputReply({ status: 'ok', value: 'ada' }, message.header)
      }
    })
    assert.equal(value, "'ada'")
  })

  it('talks by comms with binary buffers while a cell awaits, in a subshell', async () => {
    await run(`let release = () => {}
      jupyter.onComm("adt.side", comm => comm.onMessage(({ data, buffers }) => comm.send(data, { buffers })))`)
    let busy: Promise<unknown> | undefined
    const started = new Promise<void>(resolve => {
      busy = run('console.log("waits"); await new Promise<void>(done => { release = done })', future =>
        printing(future).then(resolve),
      )
    })
    await started
    // JupyterLab's default: a subshell for each target of comms.
    const comm = kernel.createComm('adt.side') as Kernel.IComm & { subshellId: string; subshellStarted: Promise<void> }
    const sent = randomBytes(100_000)
    const back = new Promise<KernelMessage.ICommMsgMsg>(resolve => {
      comm.onMsg = resolve
    })
    await comm.subshellStarted
    assert.ok(comm.subshellId)
    comm.open({})
    comm.send({ n: 1 }, {}, [sent])
    const { content, buffers } = await back
    assert.deepEqual(content.data, { n: 1 })
    const [buffer] = buffers as DataView[]
    assert.ok(sent.equals(Buffer.from(buffer!.buffer, buffer!.byteOffset, buffer!.byteLength)))
    const listed = async () =>
      ((await kernel.requestListSubshell({}).done)!.content as unknown as { subshell_id: string[] }).subshell_id
    assert.deepEqual(await listed(), [comm.subshellId])
    comm.close()
    // A second console on the same kernel, in a subshell of its own.
    const { content: made } = (await kernel.requestCreateSubshell({}).done)!
    const beside = kernel.clone()
    beside.subshellId = (made as { subshell_id: string }).subshell_id
    await beside.requestExecute({ code: 'release()' }).done
    beside.dispose()
    await busy
    for (let left = await listed(); left.length > 0; left = await listed()) await sleep(20)
  })

  it('delivers 20,000 lines', async () => {
    const { printed } = await run('for (let i = 0; i < 20_000; i++) console.log(i)')
    assert.equal(printed, Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''))
  })

  it('aborts the cells that were sent with one that fails', async () => {
    const runs = await Promise.all(
      ['await new Promise(done => setTimeout(done, 100)); throw new Error("first")', '1', '2'].map(code => run(code)),
    )
    assert.deepEqual(
      runs.map(({ reply }) => String(reply.status)),
      ['error', 'aborted', 'aborted'],
    )
    assert.equal((await run('3')).value, '3')
  })

  it("interrupts by the server's own request, and keeps variables", async () => {
    await run('const kept = 7')
    let began = 0
    const { reply } = await run('console.log("go"); while (true) {}', async future => {
      await printing(future)
      began = performance.now()
      await kernel.interrupt()
    })
    assert.equal(reply.ename, 'Interrupted')
    assert.ok(performance.now() - began < 2000)
    assert.equal((await run('kept')).value, '7')
  })

  it('survives the end of the execution process', async () => {
    const { reply } = await run('process.kill(process.pid, "SIGKILL"); await new Promise(() => {})')
    assert.equal(reply.ename, 'ExecutionProcessEnded')
    assert.equal((await run('1 + 1')).value, '2')
  })

  it('starts anew on restart', async () => {
    await run('const before = 1')
    await kernel.restart()
    await kernel.info
    assert.match((await run('before')).reply.evalue, /Cannot find name 'before'/)
    assert.equal((await run('1')).value, '1')
  })
})

async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'adt-server-'))
  const spec = join(writeKernelSpec(folder), 'kernel.json')
  const { argv, ...rest } = JSON.parse(await readFile(spec, 'utf8')) as { argv: string[] }
  await writeFile(spec, JSON.stringify({ ...rest, argv: [...argv, '--preload', PRELOAD] }))
  const port = await freePort()
  const token = randomBytes(16).toString('hex')
  const flags = ['--no-browser', '--allow-root', `--ServerApp.port=${port}`, '--ServerApp.ip=127.0.0.1']
  const child = spawn(join(root, '.venv/bin/python'), ['-m', 'jupyter_server', ...flags], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ JUPYTER_TOKEN: token, JUPYTER_PATH: folder, JUPYTER_CONFIG_DIR: join(folder, 'config') },
      JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await answering(child, `http://127.0.0.1:${port}/api/status?token=${token}`)
  return {
    settings: ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${port}/`,
      wsUrl: `ws://127.0.0.1:${port}/`,
      ...{ token, appendToken: true, WebSocket: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  let output = ''
  child.stderr!.on('data', chunk => {
    output += chunk
  })
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the Jupyter server ended:\n${output}`)
    if ((await fetch(url).catch(() => undefined))?.ok) return
    await sleep(100)
  }
}
