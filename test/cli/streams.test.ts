import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { execa } from 'execa'
import { program } from './adt.js'

const node = (...words: string[]) => execa(process.execPath, ['--import', 'tsx', ...words], { reject: false })

/** What progress prints, with standard error taken for a terminal or not. */
const progress = (terminal: boolean) =>
  node(
    '--input-type=module',
    '-e',
    `import { progressLine } from './src/cli/progress.ts'
     process.stderr.isTTY = ${terminal}
     const line = progressLine(2)
     line.update(1, 'half')
     line.say('by the way')
     line.update(2, 'whole')
     line.stop()
     console.log('{"figures":1}')`,
  )

describe('standard output', function () {
  this.timeout(60_000)

  it('keeps results only; progress and remarks go to standard error, in a terminal and elsewhere', async () => {
    for (const terminal of [false, true]) {
      const { stdout, stderr } = await progress(terminal)
      assert.equal(stdout, '{"figures":1}')
      assert.match(stderr, /by the way/)
      assert.match(stderr, /2\/2 .*whole/)
    }
  })

  it('may be closed by whoever reads it', async () => {
    for (const words of ['--help', 'plan --schedule linear --steps 1000 --json']) {
      const { stdout, stderr } = await execa('bash', [
        '-c',
        `"${process.execPath}" "${program}" ${words} | head -c 1 > /dev/null; echo "\${PIPESTATUS[0]}"`,
      ])
      assert.deepEqual({ stdout, stderr }, { stdout: '0', stderr: '' })
    }
  })

  // A device of Linux that is always full.
  const wheneverFull = existsSync('/dev/full') ? it : undefined
  wheneverFull?.('that takes no more is an error, not a file cut short in silence', () => {
    const full = openSync('/dev/full', 'w')
    const words = [program, 'plan', '--steps', '3', '--json']
    const { stderr, status } = spawnSync(process.execPath, words, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' })
    closeSync(full)
    assert.match(stderr, /^error: standard output: ENOSPC.*not complete$/m)
    assert.equal(status, 1)
  })
})
