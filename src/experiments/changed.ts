import { withSetting } from './settings.js'
import { parseStudy, type Study } from './study.js'

/** Changes to a study as it is defined, for one run of it. */
export interface StudyChanges {
  /** Seeds 0 … count − 1. */
  seeds?: number
  /** `iterations=100`, `tuning.batch=4`: laid over the settings of every method. */
  set?: readonly string[]
}

/**
 * A study with changes. Its trials are others than the unchanged study's wherever a setting changed.
 * @throws Error naming what is wrong
 */
export function changedStudy(study: Study, { seeds, set = [] }: StudyChanges): Study {
  let base: Study['base'] = study.base
  const names: string[] = []
  for (const assignment of set) {
    const { path, value } = parseAssignment(assignment)
    base = withSetting(base, path, value)
    names.push(path)
  }
  const methods = Object.fromEntries(
    Object.entries(study.methods).map(([name, method]) => {
      const settings = names.reduce<Record<string, unknown>>(withoutSetting, method.settings)
      return [name, { ...method, settings }]
    }),
  )
  return parseStudy({
    ...study,
    base,
    methods,
    ...(set.length > 0 && { notes: `${study.notes} Changed for this run: ${set.join(', ')}.`.trim() }),
    ...(seeds !== undefined && { seeds: Array.from({ length: seeds }, (_, seed) => seed) }),
  })
}

function parseAssignment(assignment: string): { path: string; value: Study['base'][string] } {
  const at = assignment.indexOf('=')
  if (at < 1) throw new Error(`${assignment}: must be a setting and its value, iterations=100`)
  const [path, text] = [assignment.slice(0, at), assignment.slice(at + 1)]
  try {
    return { path, value: JSON.parse(text) as Study['base'][string] }
  } catch {
    return { path, value: text }
  }
}

/** What a method says itself gives way to what was asked for. */
function withoutSetting(settings: Record<string, unknown>, path: string): Record<string, unknown> {
  const [first, ...rest] = path.split('.') as [string, ...string[]]
  if (!(first in settings)) return settings
  const { [first]: own, ...others } = settings
  if (rest.length === 0) return others
  return { ...others, [first]: withoutSetting(own as Record<string, unknown>, rest.join('.')) }
}
