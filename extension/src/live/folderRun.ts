/** A run followed through the files in its folder: for runs in a terminal, on another machine, or of earlier days. */

import type { Contents } from '@jupyterlab/services'
import { Signal } from '@lumino/signaling'
import type { Action } from '../../../src/tuning/action.js'
import { createFolderModel } from '../../../src/views/folderModel.js'
import { controlFile, heartbeat, type RunRequest, runFilesVersion, statusFile } from '../../../src/views/runFiles.js'
import type { Connection } from '../../../src/views/streamModel.js'
import { trans } from '../../../src/views/words.js'
import { createFolderPictures } from './folderPictures.js'
import type { RunSource } from './source.js'

export interface FolderOptions {
  /** Milliseconds between two looks at a run that goes on; one that brings nothing new is looked at less and less often. */
  readonly pace: number
}

const slowest = 10_000
/** Looking takes at most this share of the time: a long run's file is read whole. */
const share = 1 / 5
/** A request that is not answered for so long counts as refused, in milliseconds. */
const patience = 8000
const answerPace = 250

/** @param path of the folder, as the server's contents name it */
export function followFolder(contents: Contents.IManager, path: string, { pace }: FolderOptions): RunSource {
  const label = path.split('/').filter(Boolean).at(-1) ?? path
  const model = createFolderModel(label)
  let wait = pace
  let timer: ReturnType<typeof setTimeout> | undefined
  let disposed = false
  let failures = 0
  let failure: string | undefined
  let time = new Date()
  let trace = ''
  let pictured: object | undefined
  let requests: Promise<unknown> = Promise.resolve()

  const file = (name: string) => `${path}/${name}`
  const read = async (name: string): Promise<string> => {
    const { content } = await contents.get(file(name), { type: 'file', format: 'text', content: true })
    return String(content)
  }
  /** Undefined where there is no such file. */
  const found = async <T>(asked: Promise<T>): Promise<T | undefined> => {
    try {
      return await asked
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  /** @returns whether anything is new */
  const look = async (): Promise<boolean> => {
    const listed = await contents.get(path, { type: 'directory', content: true })
    const files = new Map((listed.content as Contents.IModel[]).map(one => [one.name, one]))
    if (!files.has('config.json')) throw new Error(trans.__('This folder holds no run: there is no config.json in it.'))
    const now = ['config.json', 'metrics.jsonl', statusFile, 'samples', 'judged']
      .map(name => traceOf(files.get(name)))
      .join()
    if (now === trace) return false
    let news = model.about === undefined && model.config(await read('config.json'))
    if (files.has('metrics.jsonl')) news = model.metrics(await read('metrics.jsonl')) || news
    news = model.status(files.has(statusFile) ? await found(read(statusFile)) : undefined) || news
    if (pictured !== model.data) pictures.forget()
    pictured = model.data
    if (files.has('samples')) news = (await pictures.samples(model.data, model.about?.captions?.length ?? 0)) || news
    news = (await pictures.lines(model.data, model.pictured)) || news
    trace = now
    return news
  }

  const pictures = createFolderPictures({
    async list(folder) {
      const listed = await found(contents.get(file(folder), { type: 'directory', content: true }))
      return ((listed?.content ?? []) as Contents.IModel[]).map(({ name }) => name)
    },
    async read(name) {
      const picture = await found(contents.get(file(name), { type: 'file', format: 'base64', content: true }))
      return picture && String(picture.content)
    },
    goes: () => !disposed,
    shown: () => changed.emit(),
  })

  const poll = async () => {
    const began = performance.now()
    const before = JSON.stringify([failures, failure])
    let news = false
    try {
      news = await look()
      ;[failures, failure] = [0, undefined]
      if (news) time = new Date()
    } catch (error) {
      failures++
      failure = statusOf(error) === 404 ? trans.__('There is no such folder on this server.') : (error as Error).message
    }
    if (disposed) return
    const took = performance.now() - began
    const ended = model.state !== undefined && !['running', 'paused'].includes(model.state.status)
    wait = news ? pace : Math.min(slowest, wait * (ended ? 2 : 1.25))
    plan(Math.max(wait, took / share))
    if (news || before !== JSON.stringify([failures, failure]) || isSilent()) changed.emit()
  }
  const plan = (pause: number) => {
    clearTimeout(timer)
    if (!disposed) timer = setTimeout(() => void poll(), pause)
  }
  /** The process writes its status all the time: an old one tells that it is gone. */
  const isSilent = () => {
    if (!model.state || !['running', 'paused'].includes(model.state.status)) return false
    return Date.now() - Math.max(time.getTime(), Date.parse(model.state.time)) > 3 * heartbeat * 1000
  }

  const request = async (action: Action): Promise<void> => {
    const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
    const content: RunRequest = { version: runFilesVersion, id, action }
    const text = `${JSON.stringify(content)}\n`
    await contents.save(file(controlFile), { type: 'file', format: 'text', content: text })
    for (const end = Date.now() + patience; Date.now() < end; ) {
      await new Promise(resolve => setTimeout(resolve, answerPace))
      model.status(await found(read(statusFile)))
      const answered = model.state?.answered
      if (answered?.id !== id) continue
      trace = ''
      plan(0)
      changed.emit()
      if (answered.problem) throw new Error(answered.problem)
      return
    }
    throw new Error(trans.__('The run did not answer within %1 s: its process may have ended.', patience / 1000))
  }

  const source = {
    get data() {
      return model.data
    },
    get about() {
      return model.about
    },
    get connection(): Connection {
      if (failures > 2 || isSilent()) return 'lost'
      return model.about ? 'live' : 'connecting'
    },
    get problem() {
      if (model.about === undefined) return failure ?? model.problem
      return failures > 2 ? failure : undefined
    },
    get time() {
      return time
    },
    get loaded() {
      return model.about ? 1 : 0
    },
    get changed(): RunSource['changed'] {
      return changed
    },
    act(action: Action) {
      // One after the other: the file holds one request.
      const done = requests.then(() => request(action))
      requests = done.catch(() => {})
      return done
    },
    dispose() {
      disposed = true
      clearTimeout(timer)
    },
  }
  const changed: Signal<RunSource, void> = new Signal<RunSource, void>(source)
  plan(0)
  return source
}

const statusOf = (error: unknown) => (error as { response?: { status?: number } }).response?.status

function traceOf(model: Contents.IModel | undefined): string {
  return model ? `${model.last_modified} ${model.size ?? ''}` : '-'
}
