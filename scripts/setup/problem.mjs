/**
 * A set-up problem that the person at the keyboard can mend: `message` says what is wrong, `advice` what to do.
 * Everything else that is thrown is a fault of ours and keeps its stack.
 */
export class SetupProblem extends Error {
  constructor(message, advice) {
    super(message)
    this.name = 'SetupProblem'
    this.advice = advice
  }
}

/** Prints a problem for a person; anything else with its stack. */
export function printProblem(error) {
  if (error instanceof SetupProblem) console.error(`\n✗ ${error.message}\n  → ${error.advice}\n`)
  else console.error(error)
}
