import { dataCases } from './dataCases.js'
import { folderCases } from './folderCases.js'
import type { HostileCase } from './hostileCase.js'
import { weightCases } from './weightCases.js'

export const cases: HostileCase[] = [...weightCases, ...folderCases, ...dataCases]
