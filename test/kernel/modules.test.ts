import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from './client.js'

describe('kernel: modules', function () {
  this.timeout(60_000)
  let root: string
  let folder: string
  let client: Client
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'adt-modules-'))
    folder = join(root, 'notebooks')
    await write({
      'notebooks/tsconfig.json': JSON.stringify({
        compilerOptions: { baseUrl: '.', paths: { '@lib/*': ['../lib/*'] }, noImplicitAny: true },
      }),
      'lib/area.ts': 'export const area = (r: number): number => Math.round(Math.PI * r * r)',
      'notebooks/node_modules/only-import/package.json': JSON.stringify({
        name: 'only-import',
        version: '1.0.0',
        type: 'module',
        exports: { '.': { types: './index.d.ts', import: './index.js' } },
      }),
      'notebooks/node_modules/only-import/index.d.ts':
        'export const late: string\nexport default function twice(x: number): number\n',
      'notebooks/node_modules/only-import/index.js':
        'export const late = await Promise.resolve("late")\nexport default x => 2 * x\n',
    })
    client = await Client.start({ cwd: folder })
  })
  after(async () => {
    await client.stop()
    await rm(root, { recursive: true })
  })

  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true })
      await writeFile(join(root, name), text)
    }
  }
  const result = async (code: string) => {
    const cell = await client.execute(code)
    assert.equal(cell.reply.status, 'ok', cell.reply.evalue)
    return cell.result()
  }

  it('runs an edited module anew at the next import, with those that import it, and keeps the notebook', async () => {
    await write({
      'notebooks/scale.ts': 'export const scale = 2',
      'notebooks/steps.ts': 'import { scale } from "./scale"\nexport const steps = (n: number) => n * scale',
      'notebooks/other.ts': 'export const loaded = Math.random()',
    })
    const once = await result(
      'import { steps } from "./steps"\nimport { loaded } from "./other"\nlet count = 1; loaded',
    )
    assert.equal(await result('steps(3) + count'), '7')
    await write({ 'notebooks/scale.ts': 'export const scale = 10' })
    assert.equal(await result('import { steps } from "./steps"\nsteps(3) + count'), '31')
    assert.equal(await result('import { loaded } from "./other"\nloaded'), once, 'what was not edited runs once')
  })

  it('takes paths and checks from the tsconfig.json of its folder', async () => {
    assert.equal(await result('import { area } from "@lib/area"\narea(2)'), '13')
    const { reply } = await client.execute('function f(x) { return x }')
    assert.match(reply.evalue, /implicitly has an 'any' type/)
  })

  it('loads a package that only import can load, by import and by import()', async () => {
    assert.equal(await result('import twice, { late } from "only-import"\nlate + " " + twice(2)'), "'late 4'")
    assert.equal(await result('(await import("only-import")).default(4)'), '8')
  })

  it('reads JSON, again when it was edited', async () => {
    await write({ 'notebooks/settings.json': '{ "rate": 0.1 }' })
    assert.equal(await result('import settings from "./settings.json"\nsettings.rate'), '0.1')
    await write({ 'notebooks/settings.json': '{ "rate": 0.25 }' })
    assert.equal(await result('import settings from "./settings.json"\nsettings.rate'), '0.25')
  })

  it('runs JavaScript modules, cycles, and modules that await', async () => {
    await write({
      'notebooks/plain.js': 'export function greet(name) { return "hello " + name }',
      'notebooks/even.ts':
        'import { odd } from "./odd"\nexport const even = (n: number): boolean => n === 0 || odd(n - 1)',
      'notebooks/odd.ts':
        'import { even } from "./even"\nexport const odd = (n: number): boolean => n > 0 && even(n - 1)',
      'notebooks/slow.ts': 'export const answer = await new Promise<number>(resolve => setTimeout(resolve, 5, 42))',
    })
    assert.equal(await result('import { greet } from "./plain.js"\ngreet("Ada")'), "'hello Ada'")
    assert.equal(await result('import { even } from "./even"\neven(10)'), 'true')
    assert.equal(await result('import { answer } from "./slow"\nanswer'), '42')
    assert.equal(await result('(await import("./slow")).answer'), '42')
  })

  it("reports a module's errors with its file, line and caret, and its exceptions by its own lines", async () => {
    await write({ 'notebooks/wrong.ts': 'export const a = 1\nexport const b: string = a' })
    const wrong = await client.execute('import { b } from "./wrong"\nb')
    assert.match(wrong.reply.traceback[0], /^wrong\.ts:2:14 .*TS2322/)
    assert.match(wrong.reply.traceback[0], /export const b: string = a\n +.*~\S*\n$/)
    await write({
      'notebooks/throws.ts': 'interface A {\n  a: 1\n}\nexport function fail(): A {\n  throw new Error("deep")\n}',
    })
    const thrown = await client.execute('import { fail } from "./throws"\n\nfail()')
    assert.match(thrown.reply.traceback[1], /throws\.ts:5:9\)?$/)
    assert.match(thrown.reply.traceback[2], /cell\[\d+\]:3:1/)
  })

  it('says which module is not there', async () => {
    const { reply } = await client.execute('import x from "not-installed"\nx')
    assert.match(reply.evalue, /not-installed/)
    const later = await client.execute('await import("./" + "absent.js")')
    assert.match(later.reply.evalue, /Cannot find module .*absent\.js/)
  })

  it('shares functions and variables of a cell with later ones, in both directions', async () => {
    await client.execute('let level = 1\nfunction read() { return level }\nexport const fixed = 3')
    assert.equal(await result('level = 5; read() + fixed'), '8')
  })
})
