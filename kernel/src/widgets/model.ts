// The model of a widget: state that the cell and the page share through a comm.
import type { Comm } from '../execution/comms.js'
import type { Host } from '../execution/host.js'
import type { Json } from '../protocol/message.js'

const TARGET = 'jupyter.widget'
const CONTROL_TARGET = 'jupyter.widget.control'
/** Of the messages. */
const VERSION = { version: '2.1.0' }
/** Of the modules that the page has models and views from. */
const MODULE_VERSION = '2.0.0'
const VIEW_TYPE = 'application/vnd.jupyter.widget-view+json'

/** Milliseconds between updates that a cell sends of one model: a page draws no faster, and a server lets no more by. */
const SHORTEST = 40

export interface Model {
  /** How other models refer to this one. */
  readonly reference: string
  get(name: string): unknown
  /** Changes state here and, as soon as the pace allows, on the page. */
  set(changes: Json): void
  /** Calls back when the page has changed state. */
  onChange(handler: (changes: Json) => unknown): void
  /** What the page draws it from. */
  bundle(text: string): Json
  show(text: string): void
  /** Takes it off the page. */
  close(): void
}

interface Names {
  view?: string
  module?: string
  viewModule?: string
}

export interface Models {
  /** @param kind such as "IntSlider": model and view are named after it */
  create(kind: string, state: Json, names?: Names): Model
  /** The models of layout and style that every control refers to. */
  surroundings(style: string): { layout: string; style: string }
}

const CONTROLS = '@jupyter-widgets/controls'
const BASE = '@jupyter-widgets/base'

export function createModels(host: Host): Models {
  const states = new Map<string, Json>()

  // A page that was opened anew asks for everything at once.
  host.onComm(CONTROL_TARGET, comm => {
    comm.onMessage(({ data }) => {
      if ((data as Json).method !== 'request_states') return
      const entries = [...states].map(([id, state]) => {
        const { _model_name, _model_module, _model_module_version } = state
        return [
          id,
          { model_name: _model_name, model_module: _model_module, model_module_version: _model_module_version, state },
        ]
      })
      comm.send({ method: 'update_states', states: Object.fromEntries(entries), buffer_paths: [] })
    })
  })

  function create(kind: string, own: Json, names: Names = {}): Model {
    const { view = kind, module = CONTROLS, viewModule = module } = names
    const state: Json = {
      _model_module: module,
      _model_module_version: MODULE_VERSION,
      _model_name: `${kind}Model`,
      _view_module: viewModule,
      _view_module_version: MODULE_VERSION,
      _view_name: `${view}View`,
      ...own,
    }
    const comm = host.openComm(TARGET, { state, buffer_paths: [] }, { metadata: VERSION })
    states.set(comm.id, state)
    return { ...shared(comm, state), reference: `IPY_MODEL_${comm.id}` }
  }

  function shared(comm: Comm, state: Json): Omit<Model, 'reference'> {
    const handlers: ((changes: Json) => unknown)[] = []
    let unsent: Json = {}
    let next = 0
    let timer: NodeJS.Timeout | undefined

    const send = () => {
      clearTimeout(timer)
      timer = undefined
      next = performance.now() + SHORTEST
      update('update', unsent)
      unsent = {}
    }
    const update = (method: string, changes: Json) => {
      if (states.has(comm.id)) comm.send({ method, state: changes, buffer_paths: [] })
    }
    const bundle = (text: string): Json => ({
      'text/plain': text,
      [VIEW_TYPE]: { version_major: 2, version_minor: 0, model_id: comm.id },
    })

    comm.onClose(() => states.delete(comm.id))
    comm.onMessage(async ({ data }) => {
      const { method, state: changes } = data as { method?: string; state?: Json }
      if (method === 'request_state') update('update', state)
      if (method !== 'update' || !changes) return
      Object.assign(state, changes)
      // Other pages that show the notebook follow.
      update('echo_update', changes)
      for (const handler of handlers) await handler(changes)
    })

    return {
      get: name => state[name],
      set(changes) {
        Object.assign(state, changes)
        Object.assign(unsent, changes)
        const wait = next - performance.now()
        if (wait <= 0) send()
        else timer ??= setTimeout(send, wait)
      },
      onChange: handler => void handlers.push(handler),
      bundle,
      show: text => host.display(bundle(text)),
      close() {
        if (timer) send()
        states.delete(comm.id)
        comm.close()
      },
    }
  }

  return {
    create,
    surroundings(style) {
      const names = { view: 'Layout', module: BASE }
      return {
        layout: create('Layout', {}, names).reference,
        style: create(style, { description_width: '' }, { view: 'Style', viewModule: BASE }).reference,
      }
    },
  }
}
