import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { Client, KERNEL } from './client.js'

describe('kernel: TypeScript as people write it', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  /** Runs cells one after the other; the last one's value. */
  async function result(...cells: string[]): Promise<unknown> {
    let value: unknown
    for (const code of cells) {
      const cell = await client.execute(code)
      assert.equal(cell.reply.status, 'ok', `${code}\n${cell.reply.evalue}`)
      value = cell.result()
    }
    return value
  }

  it('enums, also const ones, and namespaces, over many cells', async () => {
    await result('enum Side { Left, Right }\nconst enum Level { High = 3 }')
    await result('namespace Shapes { export const sides = 4; export interface Point { x: number } }', '0')
    assert.equal(
      await result('const p: Shapes.Point = { x: Shapes.sides }; [Side.Right, Level.High, p.x]'),
      '[ 1, 3, 4 ]',
    )
  })

  it('decorators of the standard', async () => {
    await result('function named(f: Function, { name }: ClassMethodDecoratorContext) { console.log(String(name)) }')
    const cell = await client.execute('class Run { @named step() { return 1 } }\nnew Run().step()')
    assert.equal(cell.printed(), 'step\n')
    assert.equal(cell.result(), '1')
  })

  it('destructuring, generators and assignment across cells', async () => {
    await result('const [first, { deep: [second] = [0], ...others }] = [1, { deep: [2], left: 3 }] as const')
    await result('function* count(to: number) { for (let i = 0; i < to; i++) yield i }', 'let total = 0')
    await result('for (const x of count(4)) total += x', '[total] = [total + 1]', 'total++')
    assert.equal(await result('[first, second, others.left, total]'), '[ 1, 2, 3, 8 ]')
  })

  it('using and await using are disposed of at the end of their cell', async () => {
    const cell = await client.execute(`
      using a = { [Symbol.dispose]() { console.log('a') } }
      await using b = { async [Symbol.asyncDispose]() { console.log('b') } }
      console.log('in use')
      7
    `)
    assert.equal(cell.printed(), 'in use\nb\na\n')
    assert.equal(cell.result(), '7')
  })

  it('a class may be declared anew; what was made of the old one keeps its type', async () => {
    await result('class Box { private old = 1; only() { return this.old } }', 'const box = new Box()')
    await result('class Box { other() { return 2 } }')
    assert.equal(await result('[box.only(), new Box().other()]'), '[ 1, 2 ]')
    const wrong = await client.execute('const again: Box = box')
    assert.match(wrong.reply.evalue, /Property 'other' is missing in type 'Box\$1'/)
    await result('const Box = "now a string"', 'type Box = number', 'function Box() { return 1 }')
    assert.equal(await result('Box()'), '1')
  })

  it('the same cell may run again and again', async () => {
    const cell =
      'import { sep } from "node:path"\ninterface Row { a: number }\nexport const rows: Row[] = [{ a: 1 }]\nclass Kept { private x = 1 }\nlet kept = new Kept()'
    await result(cell, 'kept = new Kept()', cell, 'kept = new Kept()', cell)
    assert.equal(await result('rows[0].a + sep'), "'1/'")
  })

  it('declare global adds to all later cells', async () => {
    await result(
      'declare global { interface Array<T> { second(): T } }',
      'Array.prototype.second = function () { return this[1] }',
    )
    assert.equal(await result('[1, 2].second()'), '2')
  })

  it('imports of types only, import.meta, dynamic import, and a name exported', async () => {
    await result('import type { Stats } from "node:fs"', 'import fs, { existsSync as there } from "node:fs"')
    assert.equal(
      await result('const size = (s: Stats) => s.size; [size(fs.statSync("/")) > 0, there("/")]'),
      '[ true, true ]',
    )
    assert.equal(
      await result('(await import("node:path")).join(import.meta.dirname, "x") === process.cwd() + "/x"'),
      'true',
    )
  })

  it('require, as it is and as a cell makes its own', async () => {
    assert.equal(await result('require("node:path").sep'), "'/'")
    await result(
      'import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)\nconst exports = 1',
    )
    assert.equal(await result('require("node:path").sep + exports'), "'/1'")
  })

  it('a cell that is run again, by what was declared since', async () => {
    await result('const measured: number = 12')
    assert.equal(await result('measured + 1'), '13')
    assert.equal((await client.execute('measured.length')).reply.status, 'error')
    await result('const measured = "twelve"')
    assert.equal(await result('measured + 1'), "'twelve1'")
    assert.equal(await result('measured.length'), '6')
  })

  it('calls a function of an earlier cell as a function', async () => {
    await result('function self(this: unknown) { return this }')
    assert.equal(await result('self() === undefined'), 'true')
    assert.equal(await result('const tag = (s: TemplateStringsArray) => s.raw[0]', 'tag`ab`'), "'ab'")
  })

  it('shows each type error with its code, line and caret, and all that is said of one at once', async () => {
    const { reply } = await client.execute(
      'const a: number = "x"\nconst b: { f(x: number): void } = { f(x: string) {} }\na.b',
    )
    const text = (reply.traceback as string[]).map(stripVTControlCharacters)
    assert.equal(text.length, 3)
    assert.equal(
      text[0],
      "1:7 - error TS2322: Type 'string' is not assignable to type 'number'.\n\n1 const a: number = \"x\"\n        ~\n",
    )
    assert.match(text[1]!, /TS2322: .*\n {2}Types of parameters 'x' and 'x' are incompatible\.\n {4}Type 'number'/)
    assert.match(text[2]!, /^3:3 - error TS2339/)
  })

  it('does not ask for types where a notebook has none', async () => {
    await result('let later = null\nlater = 3\nconst losses = []', 'losses.push(0.5)', 'function plain(x) { return x }')
    assert.equal(
      await result('try { throw new Error("e") } catch (error) { error.message }\n[losses, plain(later)]'),
      '[ [ 0.5 ], 3 ]',
    )
  })
})

describe('kernel: whether types are checked', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start({ env: { ADT_KERNEL_CHECK: 'warn' } })
  })
  after(() => client.stop())

  it('runs despite type errors where the kernel is told to, and prints them', async () => {
    const cell = await client.execute('const n: number = "three"\nn')
    assert.equal(cell.result(), "'three'")
    assert.match(cell.printed('stderr'), /1:7 - .*TS2322/)
    assert.equal((await client.execute('n')).printed('stderr'), '')
  })

  it('does not run what it cannot read', async () => {
    assert.equal((await client.execute('const = 3')).reply.ename, 'SyntaxError')
  })

  it('takes a cell of JavaScript behind // @ts-nocheck', async () => {
    const cell = await client.execute(
      '// @ts-nocheck\nfunction Old(x) { this.x = x }\nOld.prototype.twice = function () { return 2 * this.x }\nnew Old(4).twice()',
    )
    assert.equal(cell.result(), '8')
    assert.equal(cell.printed('stderr'), '')
  })

  it('refuses a setting that it does not know', async () => {
    const failed = await new Promise<string>(resolve => {
      execFile(process.execPath, [KERNEL, '/dev/null', '--check', 'some'], (_error, _stdout, stderr) => resolve(stderr))
    })
    assert.match(failed, /"some": expected error, warn or off/)
  })
})
