#!/usr/bin/env node
import { runCommand } from './program.js'

// Not left to end by itself: TensorFlow's threads may still be at work when Node takes its own parts down.
process.exit(await runCommand(process.argv.slice(2)))
