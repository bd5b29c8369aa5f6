import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localExecutor } from '../../src/experiments/index.js'
import { conformance, fakeTrial } from './conformance.js'

describe('trials as processes of this machine', function () {
  this.timeout(120_000)

  describe('as an executor', () =>
    conformance(() => ({
      open: () => localExecutor({ slots: 2 }),
      slots: 2,
      async lose([trial]) {
        process.kill(trial!.work().at(-1)!.pid, 'SIGKILL')
        return trial!
      },
      async restore() {},
      busy: { trials: 64, seconds: 1, share: 0.9 },
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
