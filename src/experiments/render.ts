/** A study's table as text: for a terminal, Markdown, LaTeX and CSV. */

import { better, type Cell, type FigureName, figureNames, type Row, type Table } from './table.js'
import { arrow, figureTitles, settingTitle } from './titles.js'

export type Format = 'text' | 'markdown' | 'latex' | 'csv'

interface Column {
  title: string
  cell: (row: Row) => string
  figure?: FigureName
  right?: boolean
}

/** The table with its marks, what they mean, and the commands that run what is missing. */
export function renderTable(table: Table, format: Format): string {
  switch (format) {
    case 'text':
      return [table.study.title, table.study.question, '', aligned(table), '', ...remarks(table)].join('\n').trimEnd()
    case 'markdown':
      return [
        `**${table.study.title}.** ${table.study.question}`,
        '',
        markdown(table),
        '',
        ...remarks(table).map(line => `${line}  `),
      ]
        .join('\n')
        .trimEnd()
    case 'latex':
      return latex(table)
    case 'csv':
      return csv(table)
  }
}

/** A column's head is short. */
const columnTitles: Record<FigureName, string> = { ...figureTitles, text: 'text' }

function columnsOf({ study, rows }: Table): Column[] {
  const wins = study.view === 'wins'
  const shown = figureNames.filter(name => rows.some(row => row[name]) || name === study.metric.name)
  const paper = [...new Set(rows.flatMap(({ paper }) => Object.keys(paper ?? {})))]
  const several = new Set(rows.map(({ evaluation }) => evaluation)).size > 1
  const unit = wins ? ', % best' : ''
  return [
    { title: 'method', cell: row => row.method },
    ...Object.keys(study.grid).map(path => ({
      title: settingTitle(path),
      cell: (row: Row) => value(row.at[path]),
      right: true,
    })),
    ...(several ? [{ title: 'sampled', cell: (row: Row) => row.evaluation }] : []),
    ...(study.view === 'curve' ? [{ title: 'iteration', cell: (row: Row) => value(row.iteration), right: true }] : []),
    { title: 'seeds', cell: row => `${row.seeds}/${row.wanted}`, right: true },
    ...shown.map(name => ({
      title: `${columnTitles[name]} ${arrow[better[name]]}${unit}`,
      figure: name,
      cell: (row: Row) => (row[name] ? spread(row[name]) : missing(row)),
      right: true,
    })),
    ...(rows.some(row => row[study.metric.name]?.difference)
      ? [
          {
            title: `Δ ${columnTitles[study.metric.name]} to ${study.methods[study.against]!.label}`,
            cell: (row: Row) => differenceText(row[study.metric.name]),
            right: true,
          },
        ]
      : []),
    ...paper.map(name => ({ title: `paper ${name}`, cell: (row: Row) => value(row.paper?.[name]), right: true })),
  ]
}

const value = (given: unknown) =>
  given === undefined ? '' : typeof given === 'object' ? JSON.stringify(given) : `${given}`

function missing(row: Row): string {
  const states = Object.values(row.states)
  if (states.includes('running')) return 'running'
  if (states.includes('failed')) return 'failed'
  if (states.length > 0 && states.every(state => state === 'stopped')) return 'stopped early'
  return 'not run'
}

/** Mean ± standard deviation, to the digits that the deviation leaves worth reading. */
function spread({ mean, sd }: Cell): string {
  if (sd === null) return mean.toPrecision(4)
  const digits = sd > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(sd)))) : 4
  return `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`
}

function differenceText(cell: Cell | undefined): string {
  const difference = cell?.difference
  if (!difference) return ''
  const signed = (number: number) => `${number > 0 ? '+' : ''}${number.toPrecision(3)}`
  const { mean, ci, significant } = difference
  const mark = significant === null ? ' ?' : significant ? '' : ' ≈'
  return ci ? `${signed(mean)} [${signed(ci[0])}, ${signed(ci[1])}]${mark}` : `${signed(mean)} ?`
}

function remarks(table: Table): string[] {
  const { study, rows } = table
  const commands = commandsOf(table)
  const compared = rows.some(row => row[study.metric.name]?.difference)
  const outdated = rows.some(({ outdated }) => outdated > 0)
  const failed = rows.filter(({ states }) => Object.values(states).includes('failed'))
  return [
    ...(rows.some(row => row.paper)
      ? ['The paper’s figures are of its own metrics and models: compare the order, not the size.']
      : []),
    ...(compared
      ? [
          'Brackets: 95 % bootstrap over paired seeds, widened for how few they are. ≈: not significant. ?: fewer than five seeds, not judged.',
        ]
      : []),
    ...(outdated
      ? ['Some figures are of code that gave others; "adt study run" computes them anew, with --reuse it does not.']
      : []),
    ...(failed.length > 0
      ? [`Failed: ${[...new Set(failed.map(({ method }) => method))].join(', ')}; --retry runs them again.`]
      : []),
    ...(study.notes ? [study.notes] : []),
    ...(commands.length > 0 ? ['Not run yet:', ...commands.map(command => `  ${command}`)] : []),
  ]
}

/** One command for all that is missing. */
function commandsOf({ rows, command }: Table): string[] {
  const missing = [...new Set(rows.flatMap(({ name, command }) => (command ? [name] : [])))]
  if (missing.length === 0) return []
  return [rows.every(({ command }) => command) ? command : `${command} --only ${missing.join(',')}`]
}

function aligned(table: Table): string {
  const columns = columnsOf(table)
  const lines = [
    columns.map(({ title }) => title),
    ...table.rows.map(row =>
      columns.map(({ cell, figure }) => `${cell(row)}${figure ? mark(row[figure], '*', ' ') : ''}`),
    ),
  ]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => [...line[i]!].length)))
  const pad = (text: string, i: number) => {
    const space = ' '.repeat(widths[i]! - [...text].length)
    return columns[i]!.right ? space + text : text + space
  }
  const [header, ...body] = lines.map(line => line.map(pad).join('  ').trimEnd())
  return [header, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body].join('\n')
}

const mark = (cell: Cell | undefined, yes: string, no = '') => (cell?.best ? yes : no)

function markdown(table: Table): string {
  const columns = columnsOf(table)
  const escaped = (text: string) => text.replaceAll('|', '\\|')
  const line = (cells: string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ right }) => (right ? '---:' : '---'))),
    ...table.rows.map(row =>
      line(
        columns.map(({ cell, figure }) => {
          const text = cell(row)
          return figure && row[figure]?.best ? `**${text}**` : text
        }),
      ),
    ),
  ].join('\n')
}

const latexSigns: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '&': '\\&',
  '%': '\\%',
  _: '\\_',
  '#': '\\#',
  '±': '$\\pm$',
  '↓': '$\\downarrow$',
  '↑': '$\\uparrow$',
  λ: '$\\lambda$',
  Δ: '$\\Delta$',
  '≈': '$\\approx$',
}

function latex(table: Table): string {
  const columns = columnsOf(table)
  const escaped = (text: string) => text.replace(/[\\&%_#±↓↑λΔ≈]/g, sign => latexSigns[sign]!)
  const line = (cells: string[]) => `${cells.map(escaped).join(' & ')} \\\\`
  const body = table.rows.map(row =>
    columns
      .map(({ cell, figure }) => {
        const text = escaped(cell(row))
        return figure && row[figure]?.best ? `\\textbf{${text}}` : text
      })
      .join(' & '),
  )
  return [
    `\\begin{tabular}{${columns.map(({ right }) => (right ? 'r' : 'l')).join('')}}`,
    '\\toprule',
    line(columns.map(({ title }) => title)),
    '\\midrule',
    ...body.map(text => `${text} \\\\`),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n')
}

/** Plain numbers in columns of their own: what another program reads. */
function csv({ study, rows }: Table): string {
  const grid = Object.keys(study.grid)
  const paper = [...new Set(rows.flatMap(({ paper }) => Object.keys(paper ?? {})))]
  const header = [
    ...['method', ...grid, 'evaluation', 'iteration', 'seeds'],
    ...figureNames.flatMap(name => [`${name}_mean`, `${name}_sd`, `${name}_low`, `${name}_high`]),
    ...paper.map(name => `paper_${name}`),
  ]
  const lines = rows.map(row => [
    ...[row.method, ...grid.map(path => row.at[path]), row.evaluation, row.iteration, row.seeds],
    ...figureNames.flatMap(name => [row[name]?.mean, row[name]?.sd, row[name]?.ci?.[0], row[name]?.ci?.[1]]),
    ...paper.map(name => row.paper?.[name]),
  ])
  const quoted = (cell: unknown) => {
    const text = cell === null ? '' : value(cell)
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [header, ...lines].map(line => line.map(quoted).join(',')).join('\n')
}
