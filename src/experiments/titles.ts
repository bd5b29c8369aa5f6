/** What settings and figures are called where people read them. */

import type { FigureName } from './table.js'

const settingTitles: Record<string, string> = { 'tuning.lambda': 'λ', 'tuning.adversarialWeight': 'adversarial weight' }

/** @param path of a setting in a trial's settings: `tuning.lambda` */
export const settingTitle = (path: string) => settingTitles[path] ?? path.replace(/^tuning\./, '')

export const figureTitles: Record<FigureName, string> = { fd: 'FD', text: 'text score', nearness: 'nearness' }

/** Which way is better. */
export const arrow = { lower: '↓', higher: '↑' }
