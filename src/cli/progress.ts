import cliProgress from 'cli-progress'

/**
 * Progress in a terminal: a bar that stays in its line, or, when standard error is no terminal, a line now and then.
 * All of it goes to standard error, so that `adt evaluate --json > figures.json` keeps the figures only.
 */
export interface ProgressLine {
  update(done: number, note: string): void
  /** Prints a line that stays, above the bar. */
  say(line: string): void
  stop(): void
}

const secondsBetweenLines = 10

export function progressLine(total: number, start = 0): ProgressLine {
  return process.stderr.isTTY ? bar(total, start) : lines(total)
}

function bar(total: number, start: number): ProgressLine {
  const format = '{bar} {value}/{total}  {eta_formatted} left  {note}'
  const options = {
    format,
    clearOnComplete: false,
    hideCursor: true,
    etaBuffer: 50,
    gracefulExit: false,
    stream: process.stderr,
  }
  const shown = new cliProgress.MultiBar(options, cliProgress.Presets.shades_classic)
  const single = shown.create(total, start, { note: '' })
  return {
    update: (done, note) => single.update(done, { note }),
    say: line => shown.log(`${line}\n`),
    stop() {
      // Lines said since the last frame would be lost.
      shown.update()
      shown.stop()
    },
  }
}

function lines(total: number): ProgressLine {
  let next = 0
  return {
    update(done, note) {
      if (performance.now() < next && done < total) return
      next = performance.now() + secondsBetweenLines * 1000
      console.error(`${done}/${total}  ${note}`)
    },
    say: line => console.error(line),
    stop() {},
  }
}

/** `loss 0.0321` and the like: short enough for one line. */
export function figures(values: Record<string, number | null>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === null ? [] : [`${name} ${Number(value.toPrecision(3))}`]))
    .join('  ')
}
