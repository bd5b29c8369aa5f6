import assert from 'node:assert/strict'

/**
 * Asserts that a value is as expected: a regular expression stands for a string that it matches, String and Number for
 * any of their kind, an object for one that has its fields among others, a list for one of its length.
 */
export function matches(actual: unknown, expected: unknown, path = 'content'): void {
  if (expected instanceof RegExp) assert.match(String(actual), expected, path)
  else if (expected === String) assert.equal(typeof actual, 'string', path)
  else if (expected === Number) assert.equal(typeof actual, 'number', path)
  else if (typeof expected !== 'object' || expected === null) assert.deepEqual(actual, expected, path)
  else {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is ${JSON.stringify(actual)}`)
    if (Array.isArray(expected)) assert.equal((actual as unknown[]).length, expected.length, `${path}.length`)
    for (const [field, value] of Object.entries(expected)) {
      matches((actual as Record<string, unknown>)[field], value, `${path}.${field}`)
    }
  }
}
