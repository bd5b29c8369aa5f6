// The five ZeroMQ sockets. All are bound before any is read (a receive during a bind loses requests), none drops
// messages at a high-water mark, and each has one sender at a time, as ZeroMQ demands.
import { Reply, Router, XPublisher } from 'zeromq'
import { address, type Connection } from './connection.js'
import { decode, encode, type Json, type Message, newHeader, Signer } from './message.js'

export type RequestChannel = 'shell' | 'control' | 'stdin'

export interface Sockets {
  /** Sends a message on a request channel, to the peer that its identities name. */
  send(channel: RequestChannel, message: Message): void
  /** Broadcasts a message on IOPub. */
  publish(message: Message): void
  /** Resolves when everything handed to `send` and `publish` so far has gone to ZeroMQ. */
  flushed(): Promise<void>
  close(): void
}

interface Sendable {
  send(frames: Uint8Array[]): Promise<unknown>
}

/** One message after the other: a second `send` while one is pending is an error in ZeroMQ. */
function serialSender(socket: Sendable) {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (act: () => Promise<unknown>): Promise<unknown> => {
    last = last
      .then(act)
      .catch(error => process.stderr.write(`adt kernel: a message could not be sent: ${String(error)}\n`))
    return last
  }
  return {
    inTurn,
    send: (frames: Uint8Array[]): void => void inTurn(() => socket.send(frames)),
    flushed: () => last,
  }
}

/** IOPub's socket. A subscription takes effect when `admit` says so, not when it arrives. */
class Broadcaster extends XPublisher {
  constructor() {
    super({ sendHighWaterMark: 0, linger: 1000, manual: true })
  }

  /** Lets in, or out, the peer whose message was the last received; to be called right after `receive`. */
  admit(topic: Buffer, subscribes: boolean): void {
    this.setStringOption(subscribes ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic)
  }
}
const GREET_MS = 20
const ZMQ_SUBSCRIBE = 6
const ZMQ_UNSUBSCRIBE = 7

export async function openSockets(
  connection: Connection,
  session: string,
  onMessage: (channel: RequestChannel, message: Message) => void,
): Promise<Sockets> {
  const signer = new Signer(connection.key, connection.signature_scheme)
  const unlimited = { sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 1000 }
  const routers = {
    shell: new Router({ ...unlimited }),
    control: new Router({ ...unlimited }),
    stdin: new Router({ ...unlimited }),
  }
  const iopub = new Broadcaster()
  const heartbeat = new Reply()
  await Promise.all([
    routers.shell.bind(address(connection, connection.shell_port)),
    routers.control.bind(address(connection, connection.control_port)),
    routers.stdin.bind(address(connection, connection.stdin_port)),
    iopub.bind(address(connection, connection.iopub_port)),
    heartbeat.bind(address(connection, connection.hb_port)),
  ])

  const senders = {
    shell: serialSender(routers.shell),
    control: serialSender(routers.control),
    stdin: serialSender(routers.stdin),
  }
  const publisher = serialSender(iopub)
  // A new subscriber is greeted (JEP 65) before anything else reaches it, so that it knows from when on it misses
  // nothing. That holds only if nothing is sent between its being let in and its welcome: hence in the sender's turn.
  const greet = async () => {
    while (iopub.readable) {
      const [frame] = await iopub.receive()
      const subscribes = frame?.[0] === 1
      const topic = frame?.subarray(1) ?? Buffer.alloc(0)
      iopub.admit(topic, subscribes)
      const welcome = () => iopubMessage('iopub_welcome', { subscription: topic.toString() }, {}, session, { topic })
      if (subscribes) await iopub.send(encode(welcome(), signer))
    }
  }
  const publish = (message: Message) =>
    publisher.inTurn(async () => {
      await greet()
      await iopub.send(encode(message, signer))
    })
  const greeting = setInterval(() => publisher.inTurn(greet), GREET_MS)

  const receive = async (channel: RequestChannel) => {
    for await (const frames of routers[channel]) {
      let message: Message
      try {
        message = decode(frames, signer)
      } catch (error) {
        process.stderr.write(`adt kernel: a message on ${channel} was dropped: ${(error as Error).message}\n`)
        continue
      }
      onMessage(channel, message)
    }
  }
  const echo = async () => {
    for await (const frames of heartbeat) await heartbeat.send(frames)
  }
  for (const loop of [receive('shell'), receive('control'), receive('stdin'), echo()]) {
    loop.catch(error => process.stderr.write(`adt kernel: a socket failed: ${String(error)}\n`))
  }

  return {
    send: (channel, message) => senders[channel].send(encode(message, signer)),
    publish,
    async flushed() {
      await Promise.all([publisher, ...Object.values(senders)].map(sender => sender.flushed()))
    },
    close() {
      clearInterval(greeting)
      for (const socket of [...Object.values(routers), iopub, heartbeat]) socket.close()
    },
  }
}

/** An IOPub message; its one identity is the topic, by which subscribers may filter. */
export function iopubMessage(
  type: string,
  content: Json,
  parent: Json,
  session: string,
  options: { topic?: Uint8Array; metadata?: Json; buffers?: Uint8Array[] } = {},
): Message {
  return {
    identities: [options.topic ?? Buffer.from(`kernel.${session}.${type}`)],
    header: newHeader(type, session),
    parent,
    metadata: options.metadata ?? {},
    content,
    buffers: options.buffers ?? [],
  }
}
