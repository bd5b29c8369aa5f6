/** What settings are called where people read them. */

const settingTitles: Record<string, string> = { 'tuning.lambda': 'λ', 'tuning.adversarialWeight': 'adversarial weight' }

/** @param path of a setting in a trial's settings: `tuning.lambda` */
export const settingTitle = (path: string) => settingTitles[path] ?? path.replace(/^tuning\./, '')
