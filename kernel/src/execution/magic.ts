// What magics do in the process that runs the cells.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Magic } from '../magics.js'

/** @throws Error saying what the magic takes, or that npm failed */
export async function runMagic({ name, argument }: Magic, signal: AbortSignal): Promise<void> {
  if (name === 'env') env(argument)
  if (name === 'install') await install(argument.split(/\s+/).filter(Boolean), signal)
}

function env(argument: string): void {
  const [, name, value] = /^(\w+)(?:\s*=\s*(.*))?$/.exec(argument) ?? []
  if (argument === '') console.log(Object.keys(process.env).sort().join('\n'))
  else if (name === undefined) throw new Error(`%env ${argument}: expected %env, %env NAME or %env NAME=value`)
  else if (value !== undefined) process.env[name] = value
  else if (process.env[name] === undefined) throw new Error(`%env ${name}: there is no such variable`)
  else console.log(process.env[name])
}

async function install(packages: string[], signal: AbortSignal): Promise<void> {
  if (packages.length === 0) throw new Error('%install: which package? Such as %install lodash, or %install lodash@4')
  const wrong = packages.find(name => !/^[@\w.~/][\w./@:~^<>=*+-]*$/.test(name))
  if (wrong) throw new Error(`%install: "${wrong}" is no name of a package`)
  // By default npm takes the next folder above that holds a package.json.
  const options = ['--prefix', process.cwd(), '--no-audit', '--no-fund', '--loglevel', 'error']
  const npm = spawn('npm', ['install', ...options, ...packages], { stdio: ['ignore', 'pipe', 'pipe'], signal })
  npm.stdout.on('data', (text: Buffer) => process.stdout.write(text))
  npm.stderr.on('data', (text: Buffer) => process.stderr.write(text))
  const [code] = (await once(npm, 'close')) as [number | null]
  if (code !== 0) throw new Error(`%install: npm failed (exit code ${code}); see above`)
}
