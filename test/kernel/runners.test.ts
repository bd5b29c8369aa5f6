import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PYTHON } from './conformance.js'

interface Output {
  output_type: string
  ename?: string
  evalue?: string
  traceback?: string[]
  data?: Record<string, unknown>
}

interface Cell {
  source: string[] | string
  metadata: { tags?: string[] }
  outputs: Output[]
}

/** As nbclient's error and the notebook say it. */
const NBCLIENT = `
import json, sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
failure = None
try:
    nbclient.NotebookClient(notebook, timeout=120).execute()
except nbclient.exceptions.CellExecutionError as error:
    failure = {"ename": error.ename, "evalue": error.evalue, "traceback": error.traceback}
print(json.dumps({"failure": failure, "cells": notebook.cells}))
`

describe('kernel: programs that run notebooks', function () {
  this.timeout(180_000)
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adt-runners-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function notebook(name: string, cells: [source: string, ...tags: string[]][]): Promise<string> {
    const file = join(folder, name)
    const contents = {
      cells: cells.map(([source, ...tags], index) => ({
        cell_type: 'code',
        id: `cell-${index}`,
        execution_count: null,
        metadata: { tags },
        outputs: [],
        source,
      })),
      metadata: { kernelspec: { name: 'adt', display_name: 'TypeScript (ADT)', language: 'typescript' } },
      nbformat: 4,
      nbformat_minor: 5,
    }
    await writeFile(file, JSON.stringify(contents))
    return file
  }

  function run(program: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise(done => {
      execFile(program, args, { cwd: folder }, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) || 1 : 0, stdout, stderr }),
      )
    })
  }

  const nbclient = async (file: string) => {
    const { code, stdout, stderr } = await run(PYTHON, ['-c', NBCLIENT, file])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as { failure: Output | null; cells: Cell[] }
  }
  const papermill = resolve(PYTHON, '../papermill')
  const read = async (file: string) => (JSON.parse(await readFile(file, 'utf8')) as { cells: Cell[] }).cells
  const shown = ({ outputs }: Cell) => outputs.find(({ data }) => data)?.data?.['text/plain']

  it('nbclient runs a notebook that uses the library', async () => {
    const file = await notebook('good.ipynb', [
      ['const shape = tf.zeros([2, 3]).shape\nshape.length'],
      ['shape[1]! * 2'],
    ])
    const { failure, cells } = await nbclient(file)
    assert.equal(failure, null)
    assert.deepEqual(cells.map(shown), ['2', '6'])
  })

  it('nbclient sees a failure as one: thrown, and found by the type checker', async () => {
    const thrown = await nbclient(
      await notebook('thrown.ipynb', [['1'], ["function f() { throw new RangeError('too far') }\nf()"]]),
    )
    assert.equal(thrown.failure?.ename, 'RangeError')
    assert.equal(thrown.failure?.evalue, 'too far')
    assert.match(String(thrown.failure?.traceback), /cell\[2\]:1/)
    const [output] = thrown.cells[1]!.outputs
    assert.equal(output?.output_type, 'error')
    assert.match(output!.traceback!.join('\n'), /RangeError.*too far/)

    const wrong = await nbclient(await notebook('wrong.ipynb', [['const n: number = "one"'], ['1']]))
    assert.equal(wrong.failure?.ename, 'TypeError')
    assert.match(wrong.failure!.evalue!, /not assignable to type 'number'/)
    assert.deepEqual(wrong.cells[1]!.outputs, [])
  })

  it('papermill injects parameters as TypeScript', async () => {
    const file = await notebook('parameters.ipynb', [
      ["let steps = 1\nlet name = ''\nlet rates = [0.5]\nlet more = {}\nlet nothing: string | null = ''", 'parameters'],
      ["jupyter.display({ 'application/json': [steps + 1, name, rates, more, nothing] })"],
    ])
    const out = join(folder, 'out.ipynb')
    const parameters = JSON.stringify({
      steps: 5,
      name: 'a "b"\n',
      rates: [1e-5, 2],
      more: { deep: { on: true } },
      nothing: null,
    })
    const { code, stderr } = await run(papermill, [file, out, '-y', parameters])
    assert.equal(code, 0, stderr)
    const cells = await read(out)
    assert.deepEqual(cells[1]!.metadata.tags, ['injected-parameters'])
    assert.deepEqual(cells[2]!.outputs[0]!.data!['application/json'], [
      6,
      'a "b"\n',
      [1e-5, 2],
      { deep: { on: true } },
      null,
    ])
  })

  it('papermill stops at a failure and says where', async () => {
    const file = await notebook('failing.ipynb', [
      ['1'],
      ["throw new Error('no more')"],
      ["console.log('not reached')"],
    ])
    const out = join(folder, 'failed.ipynb')
    const { code, stderr } = await run(papermill, [file, out])
    assert.notEqual(code, 0)
    assert.match(stderr, /PapermillExecutionError/)
    assert.match(stderr, /no more/)
    const cells = (await read(out)).filter(({ outputs }) => outputs)
    const failed = cells.find(({ outputs }) => outputs.some(({ output_type }) => output_type === 'error'))
    assert.match(String(failed?.source), /no more/)
    assert.deepEqual(cells.at(-1)!.outputs, [])
  })
})
