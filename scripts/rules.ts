import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The rules of the house that no linter knows: who may import whom, and what is banned where. */
export type Violation = { file: string; line: number; rule: string }

/** Which rooms each room stands on. `contract` and packages are open to all; app may use every room, nobody app. */
export const STANDS_ON: Record<string, readonly string[]> = {
  base: [],
  identity: ['base'],
  pricing: ['base'],
  ledger: ['base'],
  wallet: ['base', 'identity', 'ledger'],
  metering: ['base', 'identity', 'pricing', 'ledger', 'wallet'],
  admission: ['base', 'identity', 'pricing', 'wallet', 'metering'],
  settlement: ['base', 'identity', 'pricing', 'ledger', 'wallet', 'metering'],
  payments: ['base', 'identity', 'ledger', 'wallet', 'settlement'],
  notify: ['base', 'identity'],
  audit: ['base', 'identity', 'pricing', 'ledger', 'wallet', 'metering', 'settlement', 'payments'],
  replay: ['base', 'identity', 'pricing', 'ledger', 'wallet', 'metering', 'settlement', 'audit'],
  app: [
    'base',
    'identity',
    'pricing',
    'ledger',
    'wallet',
    'metering',
    'admission',
    'settlement',
    'payments',
    'notify',
    'audit',
    'replay',
  ],
}

type Ban = { pattern: RegExp; rule: string; in: (file: string) => boolean }

/** What the packages beside the server may import, apart from their own files: they stand without it. */
export const PACKAGES: Record<string, { allowed: RegExp; says: string }> = {
  contract: { allowed: /^typebox$/, says: 'the contract stands on a schema library only' },
  sdk: { allowed: /^@corehour\/contract$/, says: 'the SDK stands on the contract only, and runs in browsers' },
  console: {
    allowed:
      /^(@corehour\/(contract|sdk)|react(-dom|-hook-form|-day-picker)?(\/.+)?|@base-ui\/react\/.+|@tanstack\/react-.+|@visx\/.+|uqr|vite|@vitejs\/.+|@tailwindcss\/vite|\.\/theme\.css)$/,
    says: 'the console stands on the SDK, the contract and libraries of pages',
  },
  cli: {
    allowed: /^(@corehour\/(contract|sdk)|node:.+|uqr)$/,
    says: 'the command stands on the SDK, the contract, Node and a library that draws QR codes',
  },
  sandbox: {
    allowed: /^(node:.+|fastify)$/,
    says: 'the sandbox stands on Node and its own HTTP, and shares nothing with what it tests',
  },
}
/** The files that read the environment: one of the server, one of the command. */
const SETTINGS = ['src/app/config.ts', 'cli/settings.ts']

/** The clocks of the server and of the sandbox. */
const READS_TIME = ['src/base/time.ts', 'sandbox/clock.ts']

const inHouse = (file: string) => /^(src|contract|sdk|cli|sandbox)\//.test(file) && !isTest(file)
const MONEY = '(grains|amount|balance|arrears|accrued|remaining|owed|rate)'
const BANS: Ban[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(|\bTemporal\.Now\b|\bMath\.random\(|\bperformance\.now\(/g,
    rule: 'reads the time or chance: take them from the injected clock and node:crypto',
    in: (file) => inHouse(file) && !READS_TIME.includes(file),
  },
  {
    pattern:
      /(?<![.\w])now\(\)|\b(current_timestamp|current_date|localtimestamp|(clock|statement|transaction)_timestamp)\b/gi,
    rule: "reads the database's time: pass tx.now",
    in: (file) => (inHouse(file) && !READS_TIME.includes(file)) || file.endsWith('.sql'),
  },
  {
    pattern: /\bprocess\.env\b/g,
    rule: `reads the environment: only ${SETTINGS.join(' and ')} do`,
    in: (file) => inHouse(file) && !SETTINGS.includes(file),
  },
  {
    pattern: new RegExp(`\\bparseFloat\\(|\\b(?:Number|parseInt)\\([^()]*\\b\\w*${MONEY}\\b|\\.toFixed\\(`, 'gi'),
    rule: 'makes money a number: it is bigint grains',
    in: (file) => inHouse(file) && !file.startsWith('src/app/'),
  },
]

const IMPORT = /^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

/** Every violation in the checkout. */
export function checkRules(checkout: string): Violation[] {
  const files = globSync(['{contract,sdk,cli,console,sandbox,src}/**/*.{ts,tsx,mjs}', 'migrations/*.sql'], {
    cwd: checkout,
    exclude: ['**/node_modules/**', 'console/dist/**'],
  })
  const unknown = globSync('src/*', { cwd: checkout }).filter((path) => !(path.slice(4) in STANDS_ON))
  return [
    ...unknown.map((file) => ({
      file,
      line: 1,
      rule: 'is a room that scripts/rules.ts does not know: add it to STANDS_ON',
    })),
    ...checkNumbers(files.filter((file) => file.startsWith('migrations/'))),
    ...files.sort().flatMap((file) => checkFile(file, readFileSync(join(checkout, file), 'utf8'))),
  ]
}

/** Migrations are numbered 0001, 0002 .. without a gap or a number twice: two that are made side by side would come in an order that nobody tried. */
export function checkNumbers(migrations: readonly string[]): Violation[] {
  return migrations.toSorted().flatMap((file, n) => {
    const number = String(n + 1).padStart(4, '0')
    return file.startsWith(`migrations/${number}_`) ? [] : [{ file, line: 1, rule: `should be numbered ${number}` }]
  })
}

/** The violations of one file, given its path in the checkout and its text. */
export function checkFile(file: string, text: string): Violation[] {
  const code = withoutComments(text, file)
  const lineAt = (index: number) => code.slice(0, index).split('\n').length
  const imports = file.endsWith('.sql') ? [] : [...code.matchAll(IMPORT)]
  const wrong = imports.flatMap((match) => {
    const rule = judgeImport(file, match[1] ?? match[2] ?? '')
    return rule ? [{ file, line: lineAt(match.index + match[0].length), rule }] : []
  })
  const banned = BANS.filter((ban) => ban.in(file)).flatMap(({ pattern, rule }) =>
    [...code.matchAll(pattern)].map((match) => ({
      file,
      line: lineAt(match.index),
      rule: `${match[0].trim()} ${rule}`,
    })),
  )
  return [...wrong, ...banned]
}

/** Why a file may not import something; undefined where it may. */
function judgeImport(file: string, specifier: string): string | undefined {
  const home = PACKAGES[file.split('/')[0]!]
  if (home) return judgePackageImport(file, specifier, home)
  if (!specifier.startsWith('.')) return undefined
  const target = normalize(join(dirname(file), specifier))
  const [top] = target.split('/')
  // The sandbox has no name: it is a process of its own, and what tests stand on.
  if (top !== 'sandbox' && top! in PACKAGES) return `imports ${specifier}: its name is @corehour/${top}`
  if (!target.startsWith('src/'))
    return isTest(file) ? undefined : `imports ${specifier}, which the server does not ship`
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to) return undefined
  // The composition root has no door: it is what others are put together in.
  if (to === 'app') return isTest(file) ? undefined : `imports ${specifier}: nothing imports app`
  if (target !== `src/${to}/index.ts`) return `imports ${specifier}: a room's only door is its index.ts`
  if (!isTest(file) && !STANDS_ON[from]?.includes(to)) return `imports ${specifier}: ${from} does not stand on ${to}`
  return undefined
}

/** A package's tests may use whatever the checkout has. */
function judgePackageImport(file: string, specifier: string, home: { allowed: RegExp; says: string }) {
  const folder = file.split('/')[0]!
  const own = specifier.startsWith('.') && normalize(join(dirname(file), specifier)).startsWith(`${folder}/`)
  if (own || home.allowed.test(specifier) || isTest(file)) return undefined
  return `imports ${specifier}: ${home.says}`
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function isTest(file: string): boolean {
  return /\.(test|fixture)\.ts$/.test(file)
}

/** Blanks comments out, so that they may speak of what is banned; lines keep their numbers. */
function withoutComments(text: string, file: string): string {
  const comment = file.endsWith('.sql')
    ? /('(?:[^']|'')*')|--.*/g
    : /(`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\/.*|\/\*[^]*?\*\//g
  return text.replace(comment, (all, string: string | undefined) => string ?? all.replace(/[^\n]/g, ' '))
}
