/** The settings' defaults, the same as in schema/panel.json, for front ends without a settings registry. */

export const panelPlugin = 'adt-extension:panel'

export const defaults = { pollSeconds: 1 } as const

export interface PanelSettings {
  readonly pollSeconds: number
}

/** What a registry holds, whatever it is, as settings. */
export function settingsOf(composite: Readonly<Record<string, unknown>> = {}): PanelSettings {
  const { pollSeconds } = composite
  return { pollSeconds: typeof pollSeconds === 'number' && pollSeconds > 0 ? pollSeconds : defaults.pollSeconds }
}
