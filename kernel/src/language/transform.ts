// From a cell to the body of a function of `$exports` and `$require` (a cell may have its own `require`). What the
// cell declares at its top level becomes a property of `$exports`, and is read and written there: functions of earlier
// cells see what later ones assign.
import type ts from 'typescript'
import { bound } from './names.js'
import type { TypeScript } from './workspace.js'

/** The parameters: the notebook's variables, and how a cell imports. No name of a cell's own begins so. */
const EXPORTS = '$exports'
const REQUIRE = '$require'

/** The parameter that takes the last expression's value. */
export const VALUE = '__value__'

export interface CellTransformers {
  transformers: ts.CustomTransformers
  /** Whether the cell ends with an expression; known once it was emitted. */
  hasValue(): boolean
}

/** @param sources the files whose top levels make up the notebook: the cell, and the declarations of earlier ones */
export function cellTransformers(
  ts: TypeScript,
  checker: ts.TypeChecker,
  sources: readonly ts.SourceFile[],
): CellTransformers {
  let hasValue = false
  return { transformers: { before: [before], after: [withoutModuleSyntax(ts)] }, hasValue: () => hasValue }

  /** Runs on the cell as written, where every name has its symbol. */
  function before(context: ts.TransformationContext) {
    const { factory } = context
    const variable = (name: string) => factory.createPropertyAccessExpression(factory.createIdentifier(EXPORTS), name)

    return (file: ts.SourceFile): ts.SourceFile => {
      const last = file.statements.findLast(statement => !isSilent(statement))
      const hoisted: ts.Statement[] = []
      const statements = file.statements.flatMap(statement => {
        if (statement === last && ts.isExpressionStatement(statement)) {
          hasValue = true
          const value = visit(statement.expression) as ts.Expression
          const keep = factory.createAssignment(factory.createIdentifier(VALUE), value)
          return ts.setTextRange(factory.createExpressionStatement(ts.setTextRange(keep, statement)), statement)
        }
        if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return statement
        if (ts.isFunctionDeclaration(statement) && statement.body && statement.name) {
          hoisted.push(keep(statement.name.text))
        }
        return [visit(statement) as ts.Statement, ...valuesOf(statement).map(keep)]
      })
      return factory.updateSourceFile(file, [...hoisted, ...statements])
    }

    function keep(name: string): ts.Statement {
      return factory.createExpressionStatement(factory.createAssignment(variable(name), factory.createIdentifier(name)))
    }

    function visit(node: ts.Node): ts.Node {
      if (ts.isExpressionWithTypeArguments(node)) {
        const implemented = ts.isHeritageClause(node.parent) && node.parent.token === ts.SyntaxKind.ImplementsKeyword
        if (implemented) return node
        return factory.updateExpressionWithTypeArguments(
          node,
          visit(node.expression) as ts.Expression,
          node.typeArguments,
        )
      }
      if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node
      if (ts.isShorthandPropertyAssignment(node)) return spellOut(node)
      const special = moduleExpression(ts, context, node, visit, REQUIRE)
      if (special) return special
      if (ts.isCallExpression(node) && isVariable(node.expression)) {
        // (0, f)(…): called as a function, not as a method of `$exports`.
        const pair = factory.createComma(factory.createNumericLiteral(0), visit(node.expression) as ts.Expression)
        const callee = factory.createParenthesizedExpression(pair)
        // V8 places the call at the closing parenthesis; it belongs to the beginning of the name.
        const start = node.expression.getStart()
        ts.setSourceMapRange(callee, { pos: start, end: start })
        const given = node.arguments.map(argument => visit(argument) as ts.Expression)
        return node.questionDotToken
          ? factory.updateCallChain(node as ts.CallChain, callee, node.questionDotToken, undefined, given)
          : factory.updateCallExpression(node, callee, undefined, given)
      }
      if (ts.isIdentifier(node)) return isVariable(node) ? reference(node) : node
      return ts.visitEachChild(node, visit, context)
    }

    function reference(node: ts.Identifier): ts.Node {
      const access = variable(node.text)
      ts.setOriginalNode(access, node)
      return ts.setTextRange(access, node)
    }

    /** `{ x }` becomes `{ x: exports.x }`. */
    function spellOut(node: ts.ShorthandPropertyAssignment): ts.Node {
      const symbol = checker.getShorthandAssignmentValueSymbol(node)
      if (!symbol || !isOfNotebook(symbol, node)) return ts.visitEachChild(node, visit, context)
      const initial = node.objectAssignmentInitializer
      const value = variable(node.name.text)
      return factory.createPropertyAssignment(
        node.name.text,
        initial ? factory.createAssignment(value, visit(initial) as ts.Expression) : value,
      )
    }
  }

  function isVariable(node: ts.Node): boolean {
    if (!ts.isIdentifier(node) || node.text === '') return false
    const parent = node.parent as ts.Node & { name?: ts.Node }
    const isItsName = parent.name === node && !ts.isShorthandPropertyAssignment(parent)
    if (isItsName) return false
    const symbol = checker.getSymbolAtLocation(node)
    return symbol !== undefined && isOfNotebook(symbol, node)
  }

  function isOfNotebook(symbol: ts.Symbol, node: ts.Node): boolean {
    return (symbol.declarations ?? []).some(
      declaration =>
        isTopLevel(declaration) &&
        // Within a class, enum or namespace its own name is there before `$exports` has it.
        !(isNamedBlock(declaration) && ts.findAncestor(node, ancestor => ancestor === declaration)),
    )
  }

  function isNamedBlock(node: ts.Node): boolean {
    return ts.isClassDeclaration(node) || ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)
  }

  function isTopLevel(declaration: ts.Declaration): boolean {
    let at: ts.Node = declaration.parent
    while (
      ts.isBindingElement(at) ||
      ts.isObjectBindingPattern(at) ||
      ts.isArrayBindingPattern(at) ||
      ts.isVariableDeclaration(at) ||
      ts.isVariableDeclarationList(at) ||
      ts.isVariableStatement(at) ||
      ts.isNamedImports(at) ||
      ts.isImportClause(at) ||
      ts.isImportDeclaration(at)
    ) {
      at = at.parent
    }
    return sources.includes(at as ts.SourceFile)
  }

  /** Statements without effect on the value of the cell. */
  function isSilent(statement: ts.Statement): boolean {
    return (
      ts.isExportDeclaration(statement) ||
      ts.isEmptyStatement(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    )
  }

  /** Names that a statement gives a value when it runs; functions have theirs from the start. */
  function valuesOf(statement: ts.Statement): string[] {
    const ambient = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isDeclare)
    if (ambient) return []
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(d => bound(ts, d.name))
    if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      return statement.name ? [statement.name.text] : []
    }
    if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name)) {
      const symbol = checker.getSymbolAtLocation(statement.name)
      return symbol && (symbol.flags & ts.SymbolFlags.ValueModule) !== 0 ? [statement.name.text] : []
    }
    return []
  }

  function isDeclare({ kind }: ts.Modifier): boolean {
    return kind === ts.SyntaxKind.DeclareKeyword
  }
}

/** `import(x)` becomes `require.import(x)`, `import.meta` becomes `require.meta`: to Node this is no module. */
export function moduleExpression(
  ts: TypeScript,
  { factory }: ts.TransformationContext,
  node: ts.Node,
  visit: (node: ts.Node) => ts.Node,
  require = 'require',
): ts.Node | undefined {
  const ofRequire = (name: string) => factory.createPropertyAccessExpression(factory.createIdentifier(require), name)
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) return ofRequire('meta')
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined
  const given = node.arguments.map(argument => visit(argument) as ts.Expression)
  return ts.setTextRange(factory.createCallExpression(ofRequire('import'), undefined, given), node)
}

/** Imports that are left once types are gone become calls of `$require`; exports go. */
function withoutModuleSyntax(ts: TypeScript) {
  return ({ factory }: ts.TransformationContext) => {
    return (file: ts.SourceFile): ts.SourceFile => {
      const imports: ts.Statement[] = []
      const statements: ts.Statement[] = []
      for (const statement of file.statements) {
        if (ts.isImportDeclaration(statement)) imports.push(...required(statement, imports.length))
        else if (ts.isExportAssignment(statement)) {
          statements.push(factory.createExpressionStatement(statement.expression))
        } else if (!ts.isExportDeclaration(statement)) statements.push(withoutExport(statement))
      }
      return factory.updateSourceFile(file, [...imports, ...statements])
    }

    function required({ importClause, moduleSpecifier }: ts.ImportDeclaration, number: number): ts.Statement[] {
      const property = (object: string, name: string) =>
        factory.createPropertyAccessExpression(factory.createIdentifier(object), name)
      const call = (callee: ts.Expression, argument: ts.Expression) =>
        factory.createCallExpression(callee, undefined, [argument])
      const loaded = call(factory.createIdentifier(REQUIRE), moduleSpecifier)
      const { name, namedBindings } = importClause ?? {}
      if (!name && !namedBindings) return [factory.createExpressionStatement(loaded)]

      const module = `$module_${number}`
      const set = (variable: ts.Identifier, value: ts.Expression) =>
        factory.createExpressionStatement(factory.createAssignment(property(EXPORTS, variable.text), value))
      const statements: ts.Statement[] = [
        factory.createVariableStatement(
          undefined,
          factory.createVariableDeclarationList(
            [factory.createVariableDeclaration(module, undefined, undefined, loaded)],
            ts.NodeFlags.Const,
          ),
        ),
      ]
      const whole = factory.createIdentifier(module)
      if (name) statements.push(set(name, call(property(REQUIRE, 'default'), whole)))
      if (namedBindings && ts.isNamespaceImport(namedBindings)) {
        statements.push(set(namedBindings.name, call(property(REQUIRE, 'namespace'), whole)))
      } else if (namedBindings) {
        for (const { name: local, propertyName = local } of namedBindings.elements) {
          const isDefault = propertyName.text === 'default'
          const value = isDefault
            ? call(property(REQUIRE, 'default'), whole)
            : factory.createElementAccessExpression(whole, factory.createStringLiteral(propertyName.text))
          statements.push(set(local, value))
        }
      }
      return statements
    }

    function withoutExport(statement: ts.Statement): ts.Statement {
      if (!ts.canHaveModifiers(statement)) return statement
      const left = ts
        .getModifiers(statement)
        ?.filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword)
      if (ts.isVariableStatement(statement)) {
        return factory.updateVariableStatement(statement, left, statement.declarationList)
      }
      if (ts.isFunctionDeclaration(statement)) {
        return factory.updateFunctionDeclaration(
          statement,
          left,
          statement.asteriskToken,
          statement.name,
          undefined,
          statement.parameters,
          undefined,
          statement.body,
        )
      }
      if (ts.isClassDeclaration(statement)) {
        const { name, heritageClauses, members } = statement
        return factory.updateClassDeclaration(statement, left, name, undefined, heritageClauses, members)
      }
      return statement
    }
  }
}

/** Where the first `await` keyword outside of any function is: `await x`, `for await`, `await using`. */
export function awaitsAtTopLevel(ts: TypeScript, file: ts.SourceFile): boolean {
  const visit = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return false
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing) {
      return true
    }
    return ts.forEachChild(node, visit) ?? false
  }
  return visit(file)
}
