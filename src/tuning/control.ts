/** The control of a run: whoever holds it asks, and the run looks at it between iterations. */

import { type Action, actionSchema, type Change, type RunValues, withChange } from './action.js'

/** How a run ended. */
export interface Ending {
  readonly status: 'done' | 'stopped' | 'failed'
  /** Why it failed. */
  readonly message?: string
}

/** What the first event of a run hands out. */
export interface Control {
  /** The settings as they were last asked for. */
  readonly values: RunValues
  readonly paused: boolean
  /** When and how the run ended, be it that its loop was left or that it failed. Never rejects. */
  readonly ended: Promise<Ending>
  /**
   * Asks for something; the run answers it between two iterations. `control.act({ do: 'lambda', value: 0.3 })`
   * @throws RangeError saying what is wrong with it
   */
  act(action: Action): void
}

/** The run's side. */
export interface Desk {
  readonly control: Control
  readonly stopped: boolean
  /** What was asked to be changed since the last call. */
  takeChanges(): Change[]
  /** Whether samples were asked for since the last call. */
  takeSample(): boolean
  /** Something was asked, or `signal` aborted. */
  news(signal: AbortSignal | undefined): Promise<void>
  end(ending: Ending): void
}

/** @param canSample whether the run has prompts to draw */
export function createDesk(initial: RunValues, canSample: boolean): Desk {
  let values = initial
  let paused = false
  let stopped = false
  let sample = false
  let changes: Change[] = []
  let wake = () => {}
  let end: (ending: Ending) => void = () => {}
  const ended = new Promise<Ending>(resolve => {
    end = resolve
  })

  const change = (asked: Change) => {
    changes = [...changes.filter(({ name }) => name !== asked.name), asked]
    values = withChange(values, asked)
  }
  const act = (given: Action) => {
    const parsed = actionSchema.safeParse(given)
    if (!parsed.success) throw new RangeError(parsed.error.issues.map(({ message }) => message).join('; '))
    const action = parsed.data
    if (action.do === 'lambda') {
      if (values.lambda === null) throw new RangeError('plain finetuning has no λ to change')
      change({ name: 'lambda', value: action.value })
    } else if (action.do === 'learningRate') {
      const networks = action.network ? [action.network] : (['generator', 'discriminator'] as const)
      for (const network of networks) change({ name: `learningRate.${network}`, value: action.value })
    } else if (action.do === 'sample') {
      if (!canSample) throw new RangeError('this run has no prompts to draw: give it some')
      sample = true
    } else if (action.do === 'stop') stopped = true
    else paused = action.do === 'pause'
    wake()
  }

  return {
    control: {
      get values() {
        return values
      },
      get paused() {
        return paused
      },
      ended,
      act,
    },
    get stopped() {
      return stopped
    },
    takeChanges() {
      const taken = changes
      changes = []
      return taken
    },
    takeSample() {
      const wanted = sample
      sample = false
      return wanted
    },
    async news(signal) {
      await new Promise<void>(resolve => {
        wake = () => {
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        signal?.addEventListener('abort', wake)
      })
    },
    end,
  }
}
