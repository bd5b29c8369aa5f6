import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { root } from '../server/lab.js'

interface Found {
  impact: string
  id: string
  help: string
  nodes: { html: string; failureSummary: string }[]
}

/** What axe-core finds serious or critical in a part of the page, a line each. @throws Error when it looked at nothing */
export async function seriousProblems(page: Page, selector: string): Promise<string[]> {
  await page.evaluate(readFileSync(join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'))
  const { violations, passes } = (await page.evaluate(
    `axe.run(${JSON.stringify(selector)}, { resultTypes: ['violations', 'passes'] })`,
  )) as { violations: Found[]; passes: Found[] }
  if (passes.length === 0) throw new Error(`axe-core found nothing to look at in ${selector}`)
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]!.html.slice(0, 200)}`)
}
