// Figures of Plotly and of Vega-Lite, which are plain objects: { data, layout } and { $schema, … }.
import type { Json } from '../protocol/message.js'
import { isPlain } from './table.js'

export function figureBundle(value: object): Json | undefined {
  const { data, layout, $schema } = value as { data?: unknown; layout?: unknown; $schema?: unknown }
  const [, version] = (typeof $schema === 'string' && /\/vega-lite\/v(\d+)/.exec($schema)) || []
  if (version)
    return { [`application/vnd.vegalite.v${version}+json`]: value, 'text/plain': `Vega-Lite ${version} chart` }
  if (!Array.isArray(data) || !isPlain(layout) || !data.every(isPlain)) return undefined
  const kinds = data.map(({ type, mode, name }) => [name, type ?? 'scatter', mode].filter(Boolean).join(' '))
  return {
    'application/vnd.plotly.v1+json': value,
    'text/plain': `${['Plotly figure', titleOf(layout)].filter(Boolean).join(': ')}\n${kinds.map(kind => `- ${kind}`).join('\n')}`,
  }
}

function titleOf({ title }: Record<string, unknown>): string | undefined {
  const text = isPlain(title) ? title.text : title
  return typeof text === 'string' ? text : undefined
}
