import assert from 'node:assert/strict'
import { labInBrowser, openNotebook, runCell } from './open.js'

const patience = { timeout: 60_000 }

describe('the debugger in JupyterLab, in a browser', () => {
  const set = labInBrowser()

  it('stops at a breakpoint that was clicked, shows the variables, and goes on', async function () {
    this.timeout(240_000)
    const { page, errors } = await openNotebook(set.lab, set.browser, 'test/browser/debugger.ipynb')
    await page.getByText('TypeScript (ADT) | Idle').waitFor(patience)
    await page.locator('.jp-DebuggerBugButton').first().click()
    const cell = page.locator('.jp-CodeCell').first()
    await cell.locator('.cm-gutter.cm-breakpoint-gutter').waitFor(patience)
    // The gutter's first element takes only its width.
    await cell.locator('.cm-gutter.cm-breakpoint-gutter .cm-gutterElement').nth(7).click()
    await page.locator('.jp-DebuggerBreakpoint').waitFor(patience)

    await runCell(page, 0)
    const stopped = cell.locator('.jp-DebuggerEditor-highlight')
    await stopped.waitFor({ timeout: 120_000 })
    assert.equal((await stopped.innerText()).trim(), 'return sum / values.length')
    const variables = page.locator('.jp-DebuggerVariables-body').first()
    await variables.getByText('sum').waitFor(patience)
    assert.deepEqual((await variables.innerText()).trim().split(/\s*\n\s*/), ['values', '[ 1, 2, 6 ]', 'sum', '9'])
    const calls = await page.locator('.jp-DebuggerCallstackFrame').allInnerTexts()
    assert.deepEqual(
      calls.map(call => call.replace(/\s*\S*:/, ':')),
      ['mean:7', 'cell[1]:9'],
    )
    await page.getByLabel('Scope').selectOption('Globals')
    await variables.getByText('weights').waitFor(patience)
    assert.match(await variables.innerText(), /weights\s+Tensor float32 \[3, 4\]/)

    await page.locator('#jp-debugger-sidebar [data-command="debugger:continue"]').click()
    await cell.locator('.jp-OutputArea-executeResult').waitFor(patience)
    assert.equal((await cell.locator('.jp-OutputArea-executeResult .jp-OutputArea-output').innerText()).trim(), '3')
    assert.equal(await stopped.count(), 0)
    assert.deepEqual(errors, [])
    await page.close()
  })
})
