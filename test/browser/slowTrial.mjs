/**
 * `node slowTrial.mjs FOLDER`: a trial without a model, for the sweep in the browser: it measures ten times, three times
 * a second, and goes on where it was stopped.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const folder = process.argv[2]
const metrics = `${folder}/metrics.jsonl`
const figures = iteration => ({ fd: Number((5 + 10 / iteration).toFixed(3)), text: 0, nearness: 0 })
const done = existsSync(metrics) ? readFileSync(metrics, 'utf8').trim().split('\n').length : 0

for (let sequence = done; sequence < 10; sequence++) {
  await wait(300)
  const iteration = sequence + 1
  const line = JSON.stringify({ sequence, kind: 'evaluation', name: 'ddim', iteration, ...figures(iteration) })
  appendFileSync(metrics, `${line}\n`)
  console.log(line)
}
const result = { state: 'finished', ended: new Date().toISOString(), iterations: 10, metrics: { ddim: figures(10) } }
writeFileSync(`${folder}/result.part`, JSON.stringify(result))
renameSync(`${folder}/result.part`, `${folder}/result.json`)
