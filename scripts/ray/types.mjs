/**
 * `npm run ray:types`: writes src/experiments/ray/openapi.json from an installed Ray, and its types beside it.
 * Ray's Python is ADT_RAY_PYTHON, else the one of .venv-ray.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'
import { npm } from '../setup/command.mjs'
import { inRoot } from '../setup/places.mjs'
import { rayPython } from './python.mjs'

const folder = inRoot('src', 'experiments', 'ray')
const { status, stdout, stderr } = spawnSync(await rayPython(), [inRoot('scripts', 'ray', 'openapi.py')], {
  encoding: 'utf8',
})
if (status !== 0) throw new Error(stderr)
writeFileSync(`${folder}/openapi.json`, stdout)

const tree = await openapi(JSON.parse(stdout), { defaultNonNullable: false, alphabetize: true })
writeFileSync(
  `${folder}/openapi.ts`,
  `/** Generated from openapi.json by \`npm run ray:types\`: what the Ray executor says to Ray's dashboard, and hears. */\n${astToString(tree)}`,
)
const { code, output } = await npm(['exec', '--', 'biome', 'check', '--write', folder])
if (code !== 0) throw new Error(output)
