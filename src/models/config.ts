import { z } from 'zod'
import { brief } from './files.js'

/** A model's `config.json`, kept as it was read so that it can be written back unchanged. */
export type ModelConfig = Record<string, unknown>

/** A size: no network has a layer that wide. Larger ones would only take memory before they fail. */
export const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 24)

/** A number of layers, or of levels. */
export const layerCount = z.number().int().positive().max(1000)

/**
 * A config.json parsed by a schema, once for each object.
 *
 * @throws Error naming the class and every field whose value is wrong or not supported
 */
export function configParser<S extends z.ZodType>(className: string, schema: S): (config: ModelConfig) => z.output<S> {
  const parsed = new WeakMap<ModelConfig, z.output<S>>()
  return config => {
    const known = parsed.get(config)
    if (known !== undefined) return known
    const result = schema.safeParse(config)
    if (!result.success) {
      const { issues } = result.error
      const problems = issues.slice(0, 5).map(issue => `"${issue.path.join('.')}": ${issue.message}`)
      const more = issues.length > problems.length ? [`and ${issues.length - problems.length} more`] : []
      throw new Error(`config.json of a ${className}: ${[...problems, ...more].join('; ')}`)
    }
    parsed.set(config, result.data)
    return result.data
  }
}

/** A field that this code knows at one value only: others would need layers that are not here. */
export const only = <T extends z.util.Literal>(value: T, ...others: z.util.Literal[]) =>
  z
    .literal([value, ...others], {
      error: issue =>
        `${brief(issue.input)} is not supported, only ${[value, ...others].map(each => JSON.stringify(each)).join(' or ')}`,
    })
    .default(value as never)
