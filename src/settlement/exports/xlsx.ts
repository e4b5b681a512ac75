import type { BillKey } from '../detailKeys.ts'
import { openEncoder } from './bytes.ts'
import { openWallClock } from './instants.ts'
import { keepBy, PARTS, type DetailRow } from './rows.ts'
import type { Sink } from './sink.ts'
import { openZip, type ZipPart } from './zip.ts'

/** Where a row of the sheet stands in the table of styles. */
const STYLE = { head: 1, instant: 2, money: 3, price: 4 }
const DAY_SECONDS = 86_400
/** Spreadsheets count days from 1899-12-30. */
const EPOCH_DAYS = 25_569
/** A sheet has 1,048,576 rows at most; and its XML stays well below the 4 GB of a part, however long the names are. */
const MOST_ROWS = 1_000_000
const MOST_BYTES = 3_500_000_000
const MOST_CHARACTERS = 32_767
/** Texts that are kept in memory up to the end. */
const MOST_SHARED = 50_000

type Column = { name: string; width: number }
const text = (name: string, width: number): Column => ({ name, width })
const columnsOf = (timeZone: string): Column[] => [
  ...[text('type', 11), text('id', 32), text('account', 32), text('account_name', 22), text('project', 32)],
  ...[text('project_name', 22), text('user', 32), text('user_name', 22), text('kind', 9), text('sku', 20)],
  ...[text('source', 16), text('job', 24), text('run', 6)],
  ...['started_at', 'ended_at', 'billed_from', 'billed_to'].map((name) => text(`${name} (${timeZone})`, 20)),
  ...[text('seconds', 11), text('unit_price', 12), text('price', 32), text('currency', 9)],
  ...PARTS.map((part) => text(part, 16)),
  ...PARTS.map((part) => text(`${part}_grains`, 22)),
]

/**
 * Writes rows as a workbook: times as the operator's clock showed them, which can be sorted and grouped by day; money
 * as numbers with eight decimals, which a spreadsheet rounds beyond its fifteenth digit, and the exact grains beside
 * it as text; a sheet per million rows.
 */
export async function openXlsx(sink: Sink, timeZone: string, mostRows = MOST_ROWS) {
  const zip = openZip(sink)
  const columns = columnsOf(timeZone)
  const texts = openTexts()
  const rowOf = openRow(columns.length, timeZone, texts)
  const put = async (name: string, xml: string) => {
    const part = await zip.open(name)
    await part.write(Buffer.from(xml))
    await part.close()
  }
  await put('_rels/.rels', PACKAGE)
  await put('xl/styles.xml', STYLES)
  let sheets = 0
  let sheet: ZipPart | undefined
  let rows = 0
  // The first row has the names.
  const encode = openEncoder((row: DetailRow, n) => rowOf(row, rows + n + 2))
  const begin = async () => {
    sheet = await zip.open(`xl/worksheets/sheet${++sheets}.xml`)
    await sheet.write(Buffer.from(headOf(columns)))
    rows = 0
    return sheet
  }
  const end = async () => {
    await sheet?.write(Buffer.from('</sheetData></worksheet>'))
    await sheet?.close()
    sheet = undefined
  }
  return {
    async write(batch: readonly DetailRow[]): Promise<void> {
      for (let at = 0; at < batch.length;) {
        const open = sheet ?? (await begin())
        const some = batch.slice(at, at + mostRows - rows)
        await open.write(encode(some))
        at += some.length
        rows += some.length
        if (rows === mostRows || open.length() > MOST_BYTES) await end()
      }
    },
    async finish(): Promise<void> {
      if (sheets === 0) await begin()
      await end()
      const names = Array.from({ length: sheets }, (_, n) => n + 1)
      await put('xl/sharedStrings.xml', texts.table())
      await put('xl/workbook.xml', workbook(names))
      await put('xl/_rels/workbook.xml.rels', relations(names))
      await put('[Content_Types].xml', types(names))
      await zip.finish()
    },
  }
}

/** One row's XML. Each cell says where it stands: not every reader counts. */
function openRow(columns: number, timeZone: string, texts: Texts): (row: DetailRow, at: number) => string {
  const wallClock = openWallClock(timeZone)
  const heads = Array.from({ length: columns }, (_, n) => `<c r="${lettersOf(n)}`)
  const keyOf = keepBy((key: BillKey) =>
    [
      ...[key.accountId, key.accountName, key.projectId, key.projectName, key.userId, key.userName],
      ...[key.kind, key.sku],
    ].map(texts.often),
  )
  const nothing = texts.often('0')
  return ({ detail, unitPrice, decimals }, at) => {
    let xml = `<row r="${at}">`
    let n = 0
    const put = (end: string) => {
      xml += heads[n++]! + at + end
    }
    const number = (value: number | string | null, style: string) => {
      if (value === null) n++
      else put(`"${style}><v>${value}</v></c>`)
    }
    const instant = (second: number | null) => number(second === null ? null : serialOf(wallClock(second)), INSTANT)
    const words = (value: string | null, write: (text: string) => string) => {
      if (value === null) n++
      else put(write(value))
    }
    put(texts.often(detail.type))
    put(inline(detail.id))
    for (const each of keyOf(detail.key)) put(each)
    words(detail.source, texts.often)
    words(detail.subject, inline)
    number(detail.run, '')
    instant(detail.startedAt)
    instant(detail.endedAt)
    instant(detail.billedFrom)
    instant(detail.billedTo)
    number(detail.seconds, '')
    number(unitPrice, PRICE)
    words(detail.priceId, texts.often)
    put(texts.often(detail.key.currency))
    for (const part of PARTS) number(detail[part] === 0n ? 0 : decimals[part], MONEY)
    for (const part of PARTS) put(detail[part] === 0n ? nothing : inline(String(detail[part])))
    return `${xml}</row>`
  }
}
const INSTANT = ` s="${STYLE.instant}"`
const MONEY = ` s="${STYLE.money}"`
const PRICE = ` s="${STYLE.price}"`

/** Days, to the thousandth of a second. */
function serialOf(second: number): number {
  return Math.round((second / DAY_SECONDS + EPOCH_DAYS) * 1e8) / 1e8
}

const ODD = /[^\x20-\x25\x27-\x3b\x3d\x3f-\x7e]|_x/
// What XML can't hold, a line's end that it would change, and what would be read as one of these.
const UNWRITABLE = /[^\t\n\P{Cc}]|[\uFFFE\uFFFF]|\p{Cs}|_(?=x[0-9A-Fa-f]{4}_)/gu
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A text in XML. */
function textOf(value: string): string {
  if (!ODD.test(value) && value.length <= MOST_CHARACTERS) {
    const kept = value.startsWith(' ') || value.endsWith(' ') ? ' xml:space="preserve"' : ''
    return `<t${kept}>${value}</t>`
  }
  const escaped = value
    .slice(0, MOST_CHARACTERS)
    .replace(UNWRITABLE, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll(/[&<>]/g, (character) => ESCAPES[character]!)
  return `<t xml:space="preserve">${escaped}</t>`
}

/** The end of a cell, behind its place, that holds a text itself. */
function inline(value: string): string {
  return `" t="inlineStr"><is>${textOf(value)}</is></c>`
}

type Texts = ReturnType<typeof openTexts>

/**
 * Texts that come often are written once, at the end, and their cells hold a number: 0.7 kB less of the 2 that a row
 * has.
 */
function openTexts() {
  const ends = new Map<string, string>()
  return {
    /** The end of a cell with such a text. */
    often(value: string): string {
      let end = ends.get(value)
      if (end === undefined) {
        if (ends.size === MOST_SHARED) return inline(value)
        ends.set(value, (end = `" t="s"><v>${ends.size}</v></c>`))
      }
      return end
    },
    table: () =>
      `${DECLARED}<sst xmlns="${MAIN}">${[...ends.keys()].map((value) => `<si>${textOf(value)}</si>`).join('')}</sst>`,
  }
}

function lettersOf(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26))
  return column < 26 ? letter : lettersOf(Math.floor(column / 26) - 1) + letter
}

const DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const PACKAGE = relationsOf([{ type: 'officeDocument', target: 'xl/workbook.xml' }])

function relationsOf(targets: readonly { type: string; target: string }[]): string {
  const list = targets.map(
    ({ type, target }, n) => `<Relationship Id="rId${n + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  )
  return `${DECLARED}<Relationships xmlns="${RELATIONS}">${list.join('')}</Relationships>`
}

const FORMATS = { 164: 'yyyy\\-mm\\-dd\\ hh:mm:ss', 165: '#,##0.00######', 166: '#,##0.00####' }
const FONT = '<sz val="11"/><name val="Calibri"/>'
const xf = (format: number, font: number) =>
  `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>`
const STYLES = [
  `${DECLARED}<styleSheet xmlns="${MAIN}"><numFmts count="3">`,
  ...Object.entries(FORMATS).map(([id, code]) => `<numFmt numFmtId="${id}" formatCode="${code}"/>`),
  `</numFmts><fonts count="2"><font>${FONT}</font><font><b/>${FONT}</font></fonts>`,
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>',
  '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>',
  `<cellXfs count="5">${xf(0, 0)}${xf(0, 1)}${xf(164, 0)}${xf(165, 0)}${xf(166, 0)}</cellXfs></styleSheet>`,
].join('')

/** A sheet up to its first row: the row of names stays where it is when the others are scrolled. */
function headOf(columns: readonly Column[]): string {
  const widths = columns.map(({ width }, n) => `<col min="${n + 1}" max="${n + 1}" width="${width}" customWidth="1"/>`)
  const names = columns.map(({ name }, n) => `<c r="${lettersOf(n)}1" s="${STYLE.head}${inline(name)}`)
  return [
    `${DECLARED}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">`,
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>',
    `<sheetFormatPr defaultRowHeight="15"/><cols>${widths.join('')}</cols>`,
    `<sheetData><row r="1">${names.join('')}</row>`,
  ].join('')
}

function workbook(sheets: readonly number[]): string {
  const list = sheets.map((n) => `<sheet name="Bill${n === 1 ? '' : ` ${n}`}" sheetId="${n}" r:id="rId${n}"/>`)
  return `${DECLARED}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${list.join('')}</sheets></workbook>`
}

function relations(sheets: readonly number[]): string {
  return relationsOf([
    ...sheets.map((n) => ({ type: 'worksheet', target: `worksheets/sheet${n}.xml` })),
    ...['styles', 'sharedStrings'].map((name) => ({ type: name, target: `${name}.xml` })),
  ])
}

function types(sheets: readonly number[]): string {
  const parts = [
    ['workbook', 'sheet.main'],
    ['styles', 'styles'],
    ['sharedStrings', 'sharedStrings'],
    ...sheets.map((n) => [`worksheets/sheet${n}`, 'worksheet']),
  ]
  return [
    `${DECLARED}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    ...parts.map(([name, type]) => `<Override PartName="/xl/${name}.xml" ContentType="${CONTENT}.${type}+xml"/>`),
    '</Types>',
  ].join('')
}
