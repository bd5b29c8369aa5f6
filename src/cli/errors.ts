import { WriteError } from '../data/files.js'

/** A mistake in how a command was called: exit status 2. Everything else that is thrown exits with 1. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A file that a run could not write, with the command that goes on once there is room; other errors as they are. */
export function toldToResume(error: unknown, command: string, folder: string): unknown {
  if (!(error instanceof WriteError)) return error
  return new Error(`${error.message}, then go on with: adt ${command} --resume ${folder}`, { cause: error })
}

/** `captionDropout` → `--caption-dropout`; `K` → `--K`. */
export function optionName(setting: string): string {
  return `--${setting.replace(/(?<=[a-z0-9])[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/**
 * A setting's error, `learningRate.generator: Too small`, as the person who typed options knows it:
 * `--learning-rate: Too small`.
 */
export function inOptionNames(message: string, settings: readonly string[]): string {
  return message
    .split('\n')
    .map(line => {
      const [, setting, rest] = /^(\w+)\b[.:]?\s*(.*)$/s.exec(line) ?? []
      if (setting === undefined || !settings.includes(setting)) return line
      // The option sets it for both networks, so it is told once.
      return `${optionName(setting)}: ${rest!.replace(/^(generator|discriminator): /, '')}`
    })
    .filter((line, at, all) => all.indexOf(line) === at)
    .join('\n')
}
