// The types of names as text, kept: to write one takes as long as to complete ten names.
import type ts from 'typescript'
import type { Program, TypeScript } from './workspace.js'

/** How long a signature may be, in characters. */
const LONGEST = 200

/** By the symbols of a type checker; empty where there is no signature worth showing. */
const known = new WeakMap<ts.Symbol, string>()

/**
 * @param until no more is written from then on, by `performance.now()`
 * @returns undefined, too, where the type is too long to show or may be anything
 */
export function signatureOf(
  ts: TypeScript,
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
  place: ts.Node,
  until = Number.POSITIVE_INFINITY,
): string | undefined {
  let signature = known.get(symbol)
  if (signature === undefined && performance.now() < until) {
    const type = checker.getTypeOfSymbolAtLocation(symbol, place)
    // Without a place, names are written as they are: from where a cell could reach each would take long to find.
    const text = checker.typeToString(type, undefined, ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope)
    signature = text.length > LONGEST || text === 'any' ? '' : text
    known.set(symbol, signature)
  }
  return signature || undefined
}

/** Writes those of all that the imported libraries export, ahead of the first completion. */
export function writeSignatures(ts: TypeScript, { program, earlier }: Program): void {
  const checker = program.getTypeChecker()
  for (const symbol of checker.getSymbolsInScope(earlier, ts.SymbolFlags.Alias)) {
    const library = checker.getAliasedSymbol(symbol)
    if ((library.flags & ts.SymbolFlags.Module) === 0) continue
    for (const exported of checker.getExportsOfModule(library)) signatureOf(ts, checker, exported, earlier)
  }
}
