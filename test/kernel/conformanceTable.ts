/** `npm run test:conformance`: Jupyter's conformance suite on our kernel, tslab, Deno and ipykernel, as a table. */
import { ours, peers } from '../../scripts/bench/kernels/contestants.js'
import { type Outcome, runConformance } from './conformance.js'

/** The names under which conformance.py has samples. */
const names: Record<string, string> = { ours: 'adt', tslab: 'tslab', Deno: 'deno', ipykernel: 'python3' }

const contestants = [ours(), ...peers(missing => console.error(missing))]
const outcomes: Outcome[] = []
const printed = await runConformance(
  contestants.map(({ name, command }) => ({
    name: names[name]!,
    ...command,
    ...(name === 'ours' ? { interrupt_mode: 'message' } : {}),
  })),
  outcome => {
    outcomes.push(outcome)
    console.error(`${outcome.kernel} ${outcome.test}: ${outcome.outcome} ${outcome.why}`)
  },
)
const tests = [...new Set(outcomes.map(({ test }) => test))]
const of = (contestant: string, test?: string) =>
  outcomes.filter(({ kernel, test: each }) => kernel === names[contestant] && (test === undefined || each === test))
const count = (contestant: string) =>
  ['pass', 'FAIL', 'skip'].map(wanted => of(contestant).filter(({ outcome }) => outcome === wanted).length).join(' / ')

console.log(contestants.map(({ name, version }) => `${name}: ${version}`).join('; '))
const rows = [
  ['test', ...contestants.map(({ name }) => name)],
  ['---', ...contestants.map(() => '---')],
  ...tests.map(test => [test, ...contestants.map(({ name }) => of(name, test)[0]?.outcome ?? 'not run')]),
  ['**pass / fail / skip**', ...contestants.map(({ name }) => count(name))],
]
console.log(rows.map(row => `| ${row.join(' | ')} |`).join('\n'))
const oursPasses = of('ours').length > 0 && of('ours').every(({ outcome }) => outcome === 'pass')
if (!oursPasses) {
  console.error(printed)
  process.exitCode = 1
}
