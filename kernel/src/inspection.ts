// What inspect_reply shows: signature and documentation, as Markdown and as text.
import type { Inspection } from './language/index.js'

export function inspectionBundle({ signature, documentation, tags }: Inspection): Record<string, string> {
  const plain = tags.map(({ name, text }) => `@${name} ${text}`.trimEnd())
  const marked = tags.map(({ name, text }) => `*@${name}* ${text}`.trimEnd())
  const join = (head: string, list: string[]) =>
    [head, documentation, list.join('\n\n')].filter(part => part !== '').join('\n\n')
  return {
    'text/plain': join(signature, plain),
    'text/markdown': join(`\`\`\`typescript\n${signature}\n\`\`\``, marked),
  }
}
