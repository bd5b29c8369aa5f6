// A small Jupyter client for the tests: starts the kernel with a connection file and speaks ZeroMQ to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Dealer, Request, Subscriber } from 'zeromq'
import { freePorts } from '../ports.js'

export const KERNEL = resolve(import.meta.dirname, '../../kernel/dist/main.js')
export const PRELOAD = resolve(import.meta.dirname, 'fixtures/preload.json')

// biome-ignore lint/suspicious/noExplicitAny: a test looks into a message wherever it likes
type Json = Record<string, any>

export interface Received {
  type: string
  header: Json
  content: Json
  parent: Json
  metadata: Json
  buffers: Buffer[]
}

export interface CellRun {
  reply: Json
  /** Everything broadcast for this request, in order, `busy` and `idle` included. */
  messages: Received[]
  /** All printed text, by stream. */
  printed(name?: 'stdout' | 'stderr'): string
  result(type?: string): unknown
}

type Channel = 'shell' | 'control' | 'stdin'

interface SendOptions {
  channel?: Channel
  buffers?: Buffer[]
  /** To sign with; the kernel's own unless a test forges. */
  key?: string
  /** Further fields of the header, such as subshell_id. */
  header?: Json
  parent?: Json
}

export class Client {
  readonly key: string
  readonly published: Received[] = []
  /** What cells have asked on the stdin channel. */
  readonly asked: Received[] = []
  /** What was broadcast, by the request's id. */
  readonly #publishedFor = new Map<string, Received[]>()
  /** Replies by the request's id: those that came, and who waits for one. */
  readonly #replies = new Map<string, Received>()
  readonly #waiting = new Map<string, (message: Received) => void>()
  readonly #watchers = new Set<() => void>()
  readonly #sockets: { shell: Dealer; control: Dealer; stdin: Dealer; iopub: Subscriber; heartbeat: Request }
  readonly child: ChildProcess
  readonly #folder: string
  readonly #iopub: string
  stderr = ''

  private constructor(child: ChildProcess, ports: number[], key: string, folder: string) {
    this.child = child
    this.key = key
    this.#folder = folder
    const [shell, iopub, stdin, control, heartbeat] = ports.map(port => `tcp://127.0.0.1:${port}`)
    this.#sockets = {
      shell: new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0, routingId: key }),
      control: new Dealer({ linger: 0, routingId: key }),
      stdin: new Dealer({ linger: 0, routingId: key }),
      iopub: new Subscriber({ linger: 0, receiveHighWaterMark: 0 }),
      heartbeat: new Request({ linger: 0 }),
    }
    this.#sockets.shell.connect(shell!)
    this.#sockets.control.connect(control!)
    this.#sockets.stdin.connect(stdin!)
    this.#iopub = iopub!
    this.#sockets.iopub.connect(this.#iopub)
    this.#sockets.heartbeat.connect(heartbeat!)
    this.#sockets.iopub.subscribe()
    child.stderr!.setEncoding('utf8').on('data', text => {
      this.stderr += text
      for (const look of this.#watchers) look()
    })
    void this.#receiveReplies('shell')
    void this.#receiveReplies('control')
    void this.#receiveQuestions()
    void this.#receivePublished()
  }

  static async start({
    cwd,
    preload = PRELOAD,
    flags = [],
    env = {},
  }: {
    cwd?: string
    preload?: string
    flags?: string[]
    env?: Record<string, string>
  } = {}): Promise<Client> {
    const folder = await mkdtemp(join(tmpdir(), 'adt-kernel-'))
    const ports = await freePorts(5)
    const key = randomUUID()
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports
    const connection = { shell_port, iopub_port, stdin_port, control_port, hb_port }
    const file = join(folder, 'connection.json')
    const rest = { ip: '127.0.0.1', transport: 'tcp', key, signature_scheme: 'hmac-sha256' }
    await writeFile(file, JSON.stringify({ ...connection, ...rest }))
    const child = spawn(process.execPath, [KERNEL, file, '--preload', preload, ...flags], {
      cwd: cwd ?? folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    const client = new Client(child, ports, key, folder)
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the kernel ended: ${client.stderr}`)))
    await Promise.race([client.until(() => client.published.some(({ type }) => type === 'iopub_welcome')), ended])
    return client
  }

  /** Asks the kernel to end and waits until it has. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit')
      void this.request('shutdown_request', { restart: false }, { channel: 'control' })
      await ended
    }
    for (const socket of Object.values(this.#sockets)) socket.close()
    await rm(this.#folder, { recursive: true })
  }

  /** Sends a message and returns its id at once. */
  send(type: string, content: Json, options: SendOptions = {}): string {
    const { channel = 'shell', buffers = [], key = this.key, header = {}, parent = {} } = options
    const id = randomUUID()
    const named = { msg_id: id, msg_type: type, session: 'test', username: 'test', date: new Date().toISOString() }
    const frames = [{ ...named, version: '5.5', ...header }, parent, {}, content].map(part =>
      Buffer.from(JSON.stringify(part)),
    )
    void this.sendRaw(['<IDS|MSG>', this.sign(frames, key), ...frames, ...buffers], channel)
    return id
  }
  #sending: Promise<void> = Promise.resolve()

  /** Sends frames as they are, after what was sent before. */
  sendRaw(frames: (string | Buffer)[], channel: Channel = 'shell'): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sockets[channel].send(frames))
    return this.#sending
  }

  sign(frames: (string | Buffer)[], key = this.key): string {
    const hmac = createHmac('sha256', key)
    for (const frame of frames) hmac.update(frame)
    return hmac.digest('hex')
  }

  /** Answers what a cell asked last. */
  answer(value: string): void {
    this.send('input_reply', { status: 'ok', value }, { channel: 'stdin', parent: this.asked.at(-1)!.header })
  }

  async request(type: string, content: Json = {}, options: SendOptions = {}) {
    const id = this.send(type, content, options)
    return (await this.replyTo(id)).content
  }

  replyTo(id: string): Promise<Received> {
    const reply = this.#replies.get(id)
    return reply ? Promise.resolve(reply) : new Promise(resolve => this.#waiting.set(id, resolve))
  }

  /** The reply, if it is there. */
  replied(id: string): Received | undefined {
    return this.#replies.get(id)
  }

  /** Waits until the kernel has written this to stderr, behind the first so many characters. */
  warned(what: RegExp, from = 0): Promise<void> {
    return this.until(() => what.test(this.stderr.slice(from)))
  }

  /** Runs a cell and returns when both its reply and its `idle` are there. */
  async execute(code: string, content: Json = {}, options: SendOptions = {}): Promise<CellRun> {
    return this.cell(this.begin(code, content, options))
  }

  /** Sends a cell and returns its id at once. */
  begin(code: string, content: Json = {}, options: SendOptions = {}): string {
    return this.send('execute_request', { code, silent: false, store_history: true, ...content }, options)
  }

  async cell(id: string): Promise<CellRun> {
    const reply = await this.replyTo(id)
    await this.until(() =>
      this.of(id).some(({ type, content }) => type === 'status' && content.execution_state === 'idle'),
    )
    const messages = [...this.of(id)]
    return {
      reply: reply.content,
      messages,
      printed: name =>
        messages
          .filter(({ type, content }) => type === 'stream' && (name === undefined || content.name === name))
          .map(({ content }) => content.text)
          .join(''),
      result: (type = 'text/plain') =>
        messages.find(message => message.type === 'execute_result')?.content.data[type] as unknown,
    }
  }

  /** What was broadcast for a request so far. */
  of(id: string): Received[] {
    return this.#publishedFor.get(id) ?? []
  }

  /** Waits until something holds; looks again at each broadcast, question and warning. */
  until(holds: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (!holds()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** A further subscriber, which takes a broadcast only when asked for it: the rest waits in the kernel. */
  subscribe(): { next(): Promise<Received>; close(): void } {
    const subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 1 })
    subscriber.connect(this.#iopub)
    subscriber.subscribe()
    return { next: async () => this.#parse(await subscriber.receive()), close: () => subscriber.close() }
  }

  async beat(): Promise<string> {
    await this.#sockets.heartbeat.send('beat')
    const [answer] = await this.#sockets.heartbeat.receive()
    return answer!.toString()
  }

  async #receiveReplies(channel: 'shell' | 'control'): Promise<void> {
    for await (const frames of this.#sockets[channel]) {
      const message = this.#parse(frames)
      const id = message.parent.msg_id as string
      this.#replies.set(id, message)
      this.#waiting.get(id)?.(message)
    }
  }

  async #receiveQuestions(): Promise<void> {
    for await (const frames of this.#sockets.stdin) {
      this.asked.push(this.#parse(frames))
      for (const look of this.#watchers) look()
    }
  }

  async #receivePublished(): Promise<void> {
    for await (const frames of this.#sockets.iopub) {
      const message = this.#parse(frames)
      const id = String(message.parent.msg_id)
      this.published.push(message)
      const before = this.#publishedFor.get(id)
      if (before) before.push(message)
      else this.#publishedFor.set(id, [message])
      for (const look of this.#watchers) look()
    }
  }

  #parse(frames: Buffer[]): Received {
    const at = frames.findIndex(frame => frame.toString() === '<IDS|MSG>')
    const signed = frames.slice(at + 2, at + 6)
    if (this.sign(signed) !== frames[at + 1]!.toString()) throw new Error('the kernel sent a wrong signature')
    const [header, parent, metadata, content] = signed.map(frame => JSON.parse(frame.toString())) as Json[]
    return {
      type: header!.msg_type,
      header: header!,
      content: content!,
      parent: parent!,
      metadata: metadata!,
      buffers: frames.slice(at + 6),
    }
  }
}
