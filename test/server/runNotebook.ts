import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Kernel, KernelManager, KernelMessage, ServerConnection, SessionManager } from '@jupyterlab/services'
import WebSocket from 'ws'
import { type Lab, root } from './lab.js'

export interface CellRun {
  source: string
  outputs: KernelMessage.IIOPubMessage[]
  error?: { name: string; value: string; traceback: string[] }
}

/** Runs a notebook's code cells in its own kernel on a server, as JupyterLab does, up to the first error. */
export async function runNotebook(lab: Lab, path: string): Promise<CellRun[]> {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: lab.url,
    wsUrl: lab.url.replace('http', 'ws'),
    token: lab.token,
    appendToken: true,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  })
  const notebook = JSON.parse(readFileSync(join(root, path), 'utf8'))
  const sessions = new SessionManager({ serverSettings, kernelManager: new KernelManager({ serverSettings }) })
  const session = await sessions.startNew({
    name: basename(path),
    path,
    type: 'notebook',
    kernel: { name: notebook.metadata.kernelspec.name },
  })
  try {
    const runs: CellRun[] = []
    for (const cell of notebook.cells) {
      if (cell.cell_type !== 'code') continue
      const run = await runCell(session.kernel as Kernel.IKernelConnection, [cell.source].flat().join(''))
      runs.push(run)
      if (run.error) break
    }
    return runs
  } finally {
    await session.shutdown()
    sessions.dispose()
  }
}

async function runCell(kernel: Kernel.IKernelConnection, code: string): Promise<CellRun> {
  const run: CellRun = { source: code, outputs: [] }
  const future = kernel.requestExecute({ code })
  future.onIOPub = message => {
    if (KernelMessage.isStatusMsg(message) || KernelMessage.isExecuteInputMsg(message)) return
    run.outputs.push(message)
    if (!KernelMessage.isErrorMsg(message)) return
    const { ename, evalue, traceback } = message.content
    run.error = { name: ename, value: evalue, traceback }
  }
  const reply = await future.done
  if (reply?.content.status !== 'ok' && !run.error) {
    run.error = { name: 'Reply', value: JSON.stringify(reply?.content), traceback: [] }
  }
  return run
}
