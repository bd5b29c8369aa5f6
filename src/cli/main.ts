#!/usr/bin/env node
import { runCommand } from './program.js'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `adt plan | head -1`: whoever read has seen enough.
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`error: standard output: ${error.message}; what was to be printed is not complete\n`)
  process.exit(1)
})

const status = await runCommand(process.argv.slice(2))
// The last line is handed over, or its error told, before the end.
await new Promise(resolve => process.stdout.write('', resolve))
// Not left to end by itself: TensorFlow's threads may still be at work when Node takes its own parts down.
process.exit(status)
