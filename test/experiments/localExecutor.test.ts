import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { localExecutor } from '../../src/experiments/index.js'
import { conformance, fakeTrial } from './conformance.js'

describe('trials as processes of this machine', function () {
  this.timeout(120_000)

  /** Seconds that two processes of Node take to start and end side by side: dear where others use the cores too. */
  let start: number
  before(async () => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const begin = performance.now()
      await Promise.all([0, 1].map(() => execa(process.execPath, ['-e', ''])))
      times.push((performance.now() - begin) / 1000)
    }
    start = times.sort((a, b) => a - b)[2]!
  })

  describe('as an executor', () =>
    conformance(() => ({
      open: () => localExecutor({ slots: 2 }),
      slots: 2,
      async lose([trial]) {
        process.kill(trial!.work().at(-1)!.pid, 'SIGKILL')
        return trial!
      },
      async restore() {},
      // Nine tenths, or what the starting of processes leaves of it.
      busy: { trials: 64, seconds: 1, share: Math.min(0.9, 0.95 / (1 + start)) },
    })))

  it('says that a program is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'adt-local-'))
    const executor = localExecutor({ slots: 1 })
    try {
      const { task } = fakeTrial(folder)
      await assert.rejects(
        executor.start({ ...task, command: ['no-such-program'] }, () => {}),
        /no-such-program/,
      )
    } finally {
      await executor.close()
      rmSync(folder, { recursive: true })
    }
  })
})
