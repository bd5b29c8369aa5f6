import type { z } from 'zod'

/** A model's `config.json`, kept as it was read so that it can be written back unchanged. */
export type ModelConfig = Record<string, unknown>

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
      const problems = result.error.issues.map(issue => `"${issue.path.join('.')}": ${issue.message}`)
      throw new Error(`config.json of a ${className}: ${problems.join('; ')}`)
    }
    parsed.set(config, result.data)
    return result.data
  }
}
