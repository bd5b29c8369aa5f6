/** Which training times a sampler asks the network at: diffusers' three spacings, in its own order of rounding. */

import { type Schedule, trainTimes } from './schedule.js'

/**
 * DDIM's times, most noise first.
 * @throws RangeError when `steps` does not fit the schedule
 */
export function ddimTimes(schedule: Schedule, steps: number): number[] {
  const length = checkSteps(schedule, steps)
  const { timestep_spacing: spacing = 'leading', steps_offset: offset = 0 } = schedule.config
  return checkTimes(steps, length, () => {
    switch (spacing) {
      case 'linspace':
        return linspace(0, length - 1, steps)
          .map(roundHalfEven)
          .reverse()
      case 'leading':
        return count(steps, i => i * Math.floor(length / steps) + offset).reverse()
      case 'trailing':
        return trailing(length, steps)
      default:
        throw unknownSpacing(spacing)
    }
  })
}

/**
 * DPM-Solver++'s times, most noise first. Unlike DDIM's, they are spaced for steps + 1 points of which the last is dropped.
 * @throws RangeError when `steps` does not fit the schedule
 */
export function dpmSolverTimes(schedule: Schedule, steps: number): number[] {
  const length = checkSteps(schedule, steps)
  const { timestep_spacing: spacing = 'linspace', steps_offset: offset = 0 } = schedule.config
  return checkTimes(steps, length, () => {
    switch (spacing) {
      case 'linspace':
        return linspace(0, length - 1, steps + 1)
          .map(roundHalfEven)
          .reverse()
          .slice(0, -1)
      case 'leading':
        return count(steps, i => (i + 1) * Math.floor(length / (steps + 1)) + offset).reverse()
      case 'trailing':
        return trailing(length, steps)
      default:
        throw unknownSpacing(spacing)
    }
  })
}

/** `length` evenly spaced numbers from `start` to `end`, both included. */
export function linspace(start: number, end: number, length: number): number[] {
  const step = (end - start) / (length - 1)
  return count(length, i => (i === 0 ? start : i === length - 1 ? end : start + i * step))
}

/** @throws RangeError when `steps` is not an integer from 1 to the number of training times */
export function checkSteps(schedule: Schedule, steps: number): number {
  const length = trainTimes(schedule.config)
  if (!Number.isInteger(steps) || steps < 1 || steps > length) {
    throw new RangeError(`steps must be an integer from 1 to ${length}, not ${steps}`)
  }
  return length
}

function trailing(length: number, steps: number): number[] {
  return count(steps, i => roundHalfEven(length - (i * length) / steps) - 1)
}

function checkTimes(steps: number, length: number, make: () => number[]): number[] {
  const times = make()
  if (times.some((t, i) => t < 0 || t >= length || (i > 0 && t >= times[i - 1]!))) {
    throw new RangeError(`${steps} steps do not fit ${length} training times with this spacing: take fewer`)
  }
  return times
}

function unknownSpacing(spacing: string): Error {
  return new Error(`timestep_spacing ${JSON.stringify(spacing)} is not known: use leading, linspace or trailing`)
}

function count<T>(length: number, entry: (index: number) => T): T[] {
  return Array.from({ length }, (_, i) => entry(i))
}

/** Halves go to the even neighbour, as in numpy. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
