/**
 * TF.js's own test suite, whole, on our backend: the spec files of @tensorflow/tfjs-core, bundled and run by Jasmine 3,
 * less the specs that ignore.ts explains. Prints the counts; exits 1 when a spec fails, when specs have gone missing or
 * when a line of the ignore list names nothing any more.
 *
 * `npx tsx test/tensorflow-specs/run.ts [PATTERN]` runs the specs whose full names contain PATTERN, ignored ones too.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { devices, tf, useTensorFloat32 } from '../../src/tensorflow/index.js'
import { ignored as ignoredEverywhere, ignoredOnGpu, switchedOff, totalSpecs } from './ignore.js'

interface Spec {
  fullName: string
  status: string
  failedExpectations: { message: string; stack: string }[]
}

const require = createRequire(import.meta.url)
const bundle = fileURLToPath(new URL('../../.cache/tensorflow-specs/specs.cjs', import.meta.url))
const pattern = process.argv[2]
const onGpu = devices().some(({ type }) => type === 'GPU')
const ignored = onGpu ? [...ignoredEverywhere, ...ignoredOnGpu] : ignoredEverywhere
// What the specs expect has more digits than TF32.
useTensorFloat32(false)

await bundleSpecs()
const specs = await runSpecs()
report(specs)

async function bundleSpecs(): Promise<void> {
  await build({
    stdin: {
      contents: `require('@tensorflow/tfjs-core/dist/jasmine_util').setTestEnvs(
          [{ name: 'test-tensorflow', backendName: 'tensorflow', flags: {}, isDataSync: true }])
        require('@tensorflow/tfjs-core/dist/tests')`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true, // spec files count as free of side effects there, and would be dropped
    external: ['jasmine-core'],
    logLevel: 'error',
  })
}

/** The specs register themselves on Jasmine's globals, so these come first; TF.js's engine and kernels are global too. */
async function runSpecs(): Promise<Spec[]> {
  await tf.ready()
  const core = require('jasmine-core')
  const jasmine = core.boot(core)
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000
  const env = jasmine.getEnv()
  const done: Spec[] = []
  env.configure({
    random: false,
    specFilter: (spec: { getFullName(): string }) =>
      pattern ? spec.getFullName().includes(pattern) : !ignoredBy(spec.getFullName()),
  })
  env.addReporter({ specDone: (spec: Spec) => done.push(spec) })
  require(bundle)
  const { log, warn } = console
  Object.assign(console, { log() {}, warn() {} }) // the specs of warnings and of debug mode print
  await env.execute()
  Object.assign(console, { log, warn })
  return done
}

function ignoredBy(name: string): boolean {
  return ignored.some(({ spec }) => name.includes(spec))
}

function report(specs: Spec[]): void {
  const failures = specs.filter(({ status }) => status === 'failed')
  const passed = specs.filter(({ status }) => status === 'passed').length
  const pending = specs.filter(({ status }) => status === 'pending').length
  const skipped = specs.length - passed - failures.length
  for (const { fullName, failedExpectations } of failures) {
    console.log(`  ✗ ${fullName}\n      ${failedExpectations[0]?.message.slice(0, 300)}`)
  }
  let failed = failures.length
  if (!pattern) {
    if (specs.length !== totalSpecs) {
      console.log(`  ✗ ${specs.length} specs were found; ignore.ts expects ${totalSpecs}`)
      failed++
    }
    if (pending !== switchedOff) {
      console.log(`  ✗ TF.js has switched off ${pending} specs; ignore.ts expects ${switchedOff}`)
      failed++
    }
    for (const { spec } of ignored.filter(({ spec }) => !specs.some(({ fullName }) => fullName.includes(spec)))) {
      console.log(`  ✗ ignore.ts names '${spec}', but no spec is called so`)
      failed++
    }
  }
  console.log(
    `  TF.js specs: ${passed} passed, ${failures.length} failed, ${skipped} ignored (${pending} of them switched off by TF.js)`,
  )
  if (process.env.ADT_TEST_COUNTS)
    writeFileSync(process.env.ADT_TEST_COUNTS, JSON.stringify({ passed, failed, skipped }))
  process.exit(failed > 0 ? 1 : 0)
}
