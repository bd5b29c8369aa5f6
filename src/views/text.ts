/** Views in words: for terminals, for front ends without the extension, and for screen readers. */

import { bytes, duration, number, pathName } from './format.js'
import type { GradientCurve, GradientScaleView, ImagesView, Run, RunView, View } from './schema.js'
import { sweepText } from './sweepText.js'
import { trans } from './words.js'

/** A view as plain text. */
export function viewText(view: View): string {
  return [...(view.title ? [view.title] : []), ...linesOf(view)].join('\n')
}

function linesOf(view: View): string[] {
  if (view.view === 'gradient-scale') return gradientScaleText(view)
  if (view.view === 'run') return runText(view)
  return view.view === 'sweep' ? sweepText(view) : imagesText(view)
}

/** `DDIM-20, scaled linear: ADT`. */
export function curveName({ sampler, schedule, path }: GradientCurve): string {
  return `${sampler}${schedule ? `, ${schedule}` : ''}: ${pathName(path)}`
}

/** A run's state in one word. */
export function statusWord(status: Run['status'] | 'starting' | 'paused' | 'failed'): string {
  const words = {
    starting: trans.__('starting'),
    running: trans.__('running'),
    paused: trans.__('paused'),
    done: trans.__('done'),
    stopped: trans.__('stopped'),
    failed: trans.__('failed'),
  }
  return words[status]
}

/** `iteration 340 of 2000 · 0.42 s each · 12 min left`. */
export function progressText({ progress, status, paused = false }: Run): string {
  if (!progress) return statusWord(status === 'running' ? 'starting' : status)
  const { iteration, total, secondsPerIteration, eta } = progress
  const parts = [trans.__('iteration %1 of %2', iteration, total)]
  if (secondsPerIteration !== null) parts.push(trans.__('%1 each', duration(secondsPerIteration)))
  if (paused) parts.push(statusWord('paused'))
  else if (status === 'running' && eta !== null) parts.push(trans.__('%1 left', duration(eta)))
  if (status !== 'running') parts.push(statusWord(status))
  return parts.join(' · ')
}

function gradientScaleText({ curves }: GradientScaleView): string[] {
  return [
    trans.__('How much gradient reaches the latent of each sampler step (∂x_final/∂x_t)'),
    ...curves.map(curve => {
      const last = curve.t.length - 1
      return `  ${trans.__(
        '%1: %2 at t = %3, %4 at t = %5 (%6 steps)',
        curveName(curve),
        number(curve.gain[0]),
        number(curve.t[0]),
        number(curve.gain[last]),
        number(curve.t[last]),
        curve.t.length,
      )}`
    }),
  ]
}

function runText({ runs }: RunView): string[] {
  return runs.flatMap(run => {
    const settings = run.settings.map(({ name, value }) => `${name} ${value}`).join(', ')
    const groups = (['losses', 'scores', 'gradientNorms'] as const)
      .map(group => [groupNames[group], lastOf(run[group])] as const)
      .filter(([, text]) => text !== '')
    return [
      `${run.label}${settings ? ` (${settings})` : ''}: ${progressText(run)}`,
      ...groups.map(([name, text]) => `  ${name}: ${text}`),
      ...(run.failure ? [`  failed: ${run.failure}`] : []),
      ...(run.changes ?? []).map(changeText).map(text => `  ${text}`),
      ...toldApart(run),
      ...memoryText(run),
      ...(run.notes ?? []).map(noteText).map(text => `  ${text}`),
    ]
  })
}

/** `iteration 12: the scores drift`. */
export function noteText({ iteration, message }: { iteration: number; message: string }): string {
  return trans.__('iteration %1: %2', iteration, message)
}

/** `λ 0.25 from iteration 12`: a setting that was changed while the run went on. */
export function changeText({ iteration, name, value }: { iteration: number; name: string; value: number }): string {
  const words: Record<string, string> = {
    lambda: 'λ',
    'learningRate.generator': trans.__('learning rate'),
    'learningRate.discriminator': trans.__('learning rate of the discriminator'),
  }
  return trans.__('%1 %2 from iteration %3', words[name] ?? name, number(value), iteration)
}

/** How well the discriminator tells real images from generated ones, as last measured. */
function toldApart({ scoreHistory }: Run): string[] {
  const [accuracy, apart] = [scoreHistory?.accuracy.at(-1), scoreHistory?.apart.at(-1)]
  if (accuracy === undefined || apart === undefined) return []
  return [`  told apart: ${number(accuracy)} on the right side of 0, ${number(apart)} of pairs in order`]
}

function memoryText({ memory = {} }: Run): string[] {
  const names = { used: 'on the device', peak: 'at most', process: 'whole process' }
  const parts = Object.entries(names).flatMap(([key, name]) => {
    const last = memory[key]?.findLast(value => value !== null)
    return last === undefined ? [] : [`${bytes(last)} ${name}`]
  })
  return parts.length > 0 ? [`  memory: ${parts.join(', ')}`] : []
}

const groupNames = { losses: 'losses', scores: 'scores', gradientNorms: 'gradient norms' }

function lastOf(columns: Run['losses']): string {
  return Object.entries(columns)
    .map(([name, column]) => `${name} ${number(column.findLast(value => value !== null))}`)
    .join(', ')
}

function imagesText({ tiles }: ImagesView): string[] {
  const captions = tiles.flatMap(tile => (tile.caption ? [tile.caption] : []))
  const listed = captions.length > 0 ? `: ${captions.slice(0, 24).join(', ')}${captions.length > 24 ? ', …' : ''}` : ''
  return [`${tiles.length} ${tiles.length === 1 ? 'image' : 'images'}${listed}`]
}
