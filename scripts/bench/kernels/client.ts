/** A Jupyter client for measuring: it starts any kernel by its command and takes the time when frames arrive. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dealer, Subscriber } from 'zeromq'
import { freePorts } from '../../../test/ports.js'
import type { Command } from './contestants.js'

type Json = Record<string, unknown>

export interface Answer {
  content: Json
  /** Milliseconds from sending the request to the reply's arrival. */
  took: number
}

export interface Client {
  /** Milliseconds from the start of the process to the first replies. */
  started: { kernelInfo: number; reply: number }
  request(type: string, content: Json): Promise<Answer>
  /** Runs a cell. @throws Error with the kernel's own message when the cell fails */
  execute(code: string): Promise<Answer>
  /** Runs a cell that shows a PNG. @returns milliseconds from sending the cell to the arrival of the picture */
  show(code: string): Promise<number>
  stop(): Promise<void>
}

/** A kernel that says nothing for so long has lost the request (tslab does, when one comes while it binds its sockets). */
const PATIENCE_MS = 30_000
/** ZeroMQ tries a port that is not open yet again after 100 ms unless it is told otherwise: too coarse for measuring. */
const RECONNECT_MS = 2
const FIRST_CELL = '1+1'

/**
 * Starts a kernel with `kernel_info` and a first cell waiting at its door, as a notebook does.
 * @param firstCell what that cell holds
 * @throws Error when it ends, or says nothing for half a minute
 */
export async function startClient({ argv, env }: Command, firstCell = FIRST_CELL): Promise<Client> {
  const folder = await mkdtemp(join(tmpdir(), 'adt-bench-kernel-'))
  const key = randomUUID()
  const ports = await freePorts(5)
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports
  const file = join(folder, 'connection.json')
  const address = { ip: '127.0.0.1', transport: 'tcp', key, signature_scheme: 'hmac-sha256' }
  await writeFile(file, JSON.stringify({ ...address, shell_port, iopub_port, stdin_port, control_port, hb_port }))

  const shell = new Dealer({ linger: 0, reconnectInterval: RECONNECT_MS })
  const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MS })
  shell.connect(`tcp://127.0.0.1:${shell_port}`)
  iopub.connect(`tcp://127.0.0.1:${iopub_port}`)
  iopub.subscribe()
  const session = randomUUID()
  const replies = new Map<string, (answer: { content: Json; at: number }) => void>()
  const pictures = new Map<string, (at: number) => void>()

  const [program, ...args] = argv.map(part => part.replace('{connection_file}', file))
  const start = performance.now()
  const child = spawn(program!, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    printed = (printed + text).slice(-2000)
  })
  const failed = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${program} ended (${signal ?? `code ${code}`}) ${printed}`)
  })
  failed.catch(() => undefined)

  void receive(shell, (header, parent, content, at) => {
    if (header.msg_type !== 'status') replies.get(String(parent.msg_id))?.({ content, at })
  })
  void receive(iopub, (header, parent, content, at) => {
    if (header.msg_type !== 'display_data' && header.msg_type !== 'execute_result') return
    if ('image/png' in (content.data as Json)) pictures.get(String(parent.msg_id))?.(at)
  })

  function send(
    type: string,
    content: Json,
  ): { sent: number; reply: Promise<{ content: Json; at: number }>; id: string } {
    const id = randomUUID()
    const header = { msg_id: id, msg_type: type, session, username: '', date: new Date().toISOString(), version: '5.3' }
    const frames = [header, {}, {}, content].map(part => Buffer.from(JSON.stringify(part)))
    const hmac = createHmac('sha256', key)
    for (const frame of frames) hmac.update(frame)
    const reply = new Promise<{ content: Json; at: number }>(resolve => replies.set(id, resolve))
    const sent = performance.now()
    sending = sending.then(() => shell.send(['<IDS|MSG>', hmac.digest('hex'), ...frames]))
    return { sent, reply: inTime(reply, type), id }
  }
  let sending: Promise<void> = Promise.resolve()

  async function inTime<T>(wanted: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to ${what} within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
    })
    try {
      return await Promise.race([wanted, late, failed])
    } finally {
      clearTimeout(timer)
    }
  }

  async function request(type: string, content: Json): Promise<Answer> {
    const { sent, reply } = send(type, content)
    const { content: answer, at } = await reply
    return { content: answer, took: at - sent }
  }

  async function execute(code: string): Promise<Answer> {
    return succeeded(await request('execute_request', cell(code)), code)
  }

  async function show(code: string): Promise<number> {
    const { sent, reply, id } = send('execute_request', cell(code))
    const arrived = new Promise<number>(resolve => pictures.set(id, resolve))
    succeeded({ content: (await reply).content, took: 0 }, code)
    return (await inTime(arrived, code)) - sent
  }

  async function stop(): Promise<void> {
    shell.close()
    iopub.close()
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }

  try {
    const information = send('kernel_info_request', {})
    const first = send('execute_request', cell(firstCell))
    // Where both fail, the first that is waited for says so.
    first.reply.catch(() => undefined)
    const kernelInfo = (await information.reply).at - start
    const { content, at } = await first.reply
    succeeded({ content, took: 0 }, firstCell)
    return { started: { kernelInfo, reply: at - start }, request, execute, show, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const cell = (code: string): Json => ({
  code,
  silent: false,
  store_history: true,
  user_expressions: {},
  allow_stdin: false,
  stop_on_error: true,
})

function succeeded(answer: Answer, code: string): Answer {
  const { status, ename, evalue } = answer.content
  if (status !== 'ok') throw new Error(`"${code}" failed: ${status} ${ename ?? ''} ${evalue ?? ''}`)
  return answer
}

/** Hands on each message with the time at which its frames were there, before they are read. */
async function receive(
  socket: AsyncIterable<Buffer[]>,
  take: (header: Json, parent: Json, content: Json, at: number) => void,
): Promise<void> {
  for await (const frames of socket) {
    const at = performance.now()
    const first = frames.findIndex(frame => frame.toString() === '<IDS|MSG>') + 2
    const [header, parent, , content] = frames
      .slice(first, first + 4)
      .map(frame => JSON.parse(frame.toString()) as Json)
    take(header!, parent!, content!, at)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
