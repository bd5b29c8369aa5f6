/** `npm run docs:files`: docs/broken-files.md, a table of broken and hostile files, tried now on this machine. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tried } from '../../test/hostile/hostileCase.js'

const script = fileURLToPath(new URL('../../test/hostile/try.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'adt-hostile-'))
try {
  const output = execFileSync(process.execPath, ['--import', 'tsx', script, root], { encoding: 'utf8' })
  const tried = output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Tried)
  writeFileSync('docs/broken-files.md', page(tried))
} finally {
  rmSync(root, { recursive: true })
}

function page(tried: readonly Tried[]): string {
  const largest = Math.max(...tried.map(({ growth = 0 }) => growth))
  const longest = Math.max(...tried.map(({ milliseconds }) => milliseconds))
  return `# Broken and hostile files

Model folders, images and archives come from anywhere. Each of these ${tried.length} files was opened by the function that a user would call, in one
process, whose peak memory was looked at (\`VmHWM\` of Linux, set back before each): it rose by ${largest.toFixed(1)} MiB at most, and the
longest took ${longest} ms. Nothing is executed (weights are safetensors; a pickle is never opened), nothing is unpacked to disk, and no file is
opened but those beside the one that was named. \`npm test -- hostile\` tries all of them again and fails where the words differ or memory rises
by 48 MiB; \`npm run docs:files\` writes this page.

What is checked before memory is taken: that the path is a regular file (a pipe or \`/dev/zero\` has no end), its size (4 MiB for
configurations and indices, 64 MiB for a tokenizer, 256 MiB for an image or \`metadata.jsonl\`, 100 MB for a safetensors header, 64 MiB for a
Parquet footer), how deep its JSON is nested (32), and what it says of itself: every tensor's range against shape, dtype and file; layers and
widths (1000 and 2²⁴ at most); an image's pixels (2²⁸) before they are decoded.

| kind | what is wrong | what is said | memory, MiB |
|---|---|---|---|
${tried.map(row).join('\n')}
`
}

function row({ area, name, message, growth }: Tried): string {
  const said = message === undefined ? '*read: odd, but fine*' : `\`${shortened(message)}\``
  return `| ${area} | ${name} | ${said} | ${growth === undefined ? '' : Math.max(0, growth).toFixed(1)} |`
}

/** In one line of a table; long ones lose their middle. */
function shortened(message: string): string {
  const line = message
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('`', "'")
  return line.length > 230 ? `${line.slice(0, 150)} … ${line.slice(-70)}` : line
}
