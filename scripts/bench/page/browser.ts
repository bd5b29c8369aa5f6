/** A browser with a page that holds the extension's components, built and served for the bench. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../test/browser/chromium.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const styles = join(root, 'extension', 'style')
const themes = join(root, '.venv', 'share', 'jupyter', 'lab', 'themes', '@jupyterlab', 'theme-light-extension')
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
}

export interface BenchBrowser {
  readonly browser: Browser
  /** A page of its own with nothing in its caches. */
  open(): Promise<Page>
  close(): Promise<void>
}

const html = `<!doctype html><title>bench</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="theme/index.css"><link rel="stylesheet" href="style/index.css">
<body data-jp-theme-light="true"><div class="jp-AdtView" id="view"></div><script type="module" src="page.js"></script>`

/** @throws Error when there is no JupyterLab whose theme the page could have */
export async function openBrowser(): Promise<BenchBrowser> {
  if (!existsSync(themes)) throw new Error('There is no JupyterLab: run npm test -- lint once.')
  const built = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    ...{ bundle: true, splitting: true, format: 'esm', minify: true, write: false },
    outdir: join(root, '.cache', 'bench-page'),
    absWorkingDir: root,
  })
  const files = new Map(built.outputFiles.map(({ path, contents }) => [path.split('/').at(-1)!, contents]))
  const server = createServer(({ url = '' }, response) => {
    const path = new URL(url, 'http://bench').pathname.slice(1) || 'index.html'
    const [folder, name = ''] = path.split('/')
    const content = path === 'index.html' ? html : (files.get(path) ?? read(folder === 'theme' ? themes : styles, name))
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': types[extname(path)] ?? 'text/plain' })
    response.end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const browser = await launchChromium()
  return {
    browser,
    async open() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      await page.waitForFunction('globalThis.bench !== undefined')
      return page
    },
    async close() {
      await browser.close()
      server.close()
    },
  }
}

function read(folder: string, name: string): Buffer | undefined {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name)) : undefined
}
