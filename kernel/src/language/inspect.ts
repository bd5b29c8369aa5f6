// What stands at the cursor: signature and documentation of a name, or of the call whose parentheses it is in.
import type ts from 'typescript'
import type { Inspection } from './types.js'
import type { Workspace } from './workspace.js'

export function inspect(
  workspace: Workspace,
  declarations: string,
  code: string,
  position: number,
): Inspection | undefined {
  const { service, cellFile } = workspace
  workspace.update(declarations, code)
  return infoAt(position) ?? (touches(position) ? infoAt(position - 1) : undefined) ?? callAround(position)

  /** Whether there is a name just before the cursor. */
  function touches(at: number): boolean {
    return at > 0 && /[\p{ID_Continue}$]/u.test(code[at - 1]!)
  }

  function infoAt(at: number): Inspection | undefined {
    // Only on a name: on brackets and operators TypeScript describes what is around them.
    if (!/[\p{ID_Continue}$"'`]/u.test(code[at] ?? '')) return undefined
    const info = service.getQuickInfoAtPosition(cellFile, at)
    if (!info) return undefined
    return describe(text(info.displayParts), text(info.documentation), info.tags)
  }

  function callAround(at: number): Inspection | undefined {
    const help = service.getSignatureHelpItems(cellFile, at, undefined)
    if (!help) return undefined
    const { items, selectedItemIndex, argumentIndex } = help
    const item = items[selectedItemIndex] ?? items[0]!
    const signatures = [item, ...items.filter(other => other !== item)].map(signatureText)
    const parameter = item.parameters[Math.min(argumentIndex, item.parameters.length - 1)]
    const note = text(parameter?.documentation)
    const documentation = [text(item.documentation), note && `${parameter!.name}: ${note}`].filter(Boolean).join('\n\n')
    return describe(
      signatures.join('\n'),
      documentation,
      item.tags.filter(({ name }) => name !== 'param'),
    )
  }
}

function signatureText(item: ts.SignatureHelpItem): string {
  const parameters = item.parameters.map(({ displayParts }) => text(displayParts))
  const [before, between, after] = [item.prefixDisplayParts, item.separatorDisplayParts, item.suffixDisplayParts].map(
    text,
  )
  return before + parameters.join(between) + after
}

function describe(signature: string, documentation: string, tags: readonly ts.JSDocTagInfo[] = []): Inspection {
  return { signature, documentation, tags: tags.map(({ name, text: parts }) => ({ name, text: text(parts) })) }
}

function text(parts: readonly { text: string }[] | undefined): string {
  return (parts ?? []).map(part => part.text).join('')
}
