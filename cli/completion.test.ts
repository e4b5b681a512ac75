import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { run } from './run.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'corehour-completion-'))
const FILE = join(folder, 'completion')

before(() => {
  writeFileSync(join(folder, 'january.csv'), '')
  // Stands for the command on somebody's path: what the script asks it for is answered without starting the whole.
  writeFileSync(join(folder, 'corehour'), '#!/bin/sh\n[ "$2" = profiles ] && echo "lab north"\n')
  chmodSync(join(folder, 'corehour'), 0o755)
})
after(() => rmSync(folder, { recursive: true }))

/** Beginnings of calls, and what each is completed to. */
const CASES: [string, string][] = [
  ['corehour bal', 'corehour balance'],
  ['corehour jobs --runn', 'corehour jobs --running'],
  ['corehour bill --by mon', 'corehour bill --by month'],
  ['corehour prices publ', 'corehour prices publish'],
  ['corehour help unbl', 'corehour help unblock'],
  ['corehour balance --profile nor', 'corehour balance --profile north'],
  ['corehour profile use la', 'corehour profile use lab'],
  ['corehour details jan', 'corehour details january.csv'],
]

async function writeScript(shell: 'bash' | 'zsh'): Promise<void> {
  writeFileSync(FILE, (await run(['completion', shell])).out)
}

function missing(t: TestContext, shell: string): boolean {
  if (spawnSync(shell, ['--version']).status === 0) return false
  t.skip(`there is no ${shell} on this machine`)
  return true
}

test('words are completed in bash', async (t) => {
  if (missing(t, 'bash')) return
  await writeScript('bash')
  const complete = (line: string) => {
    const words = line.split(' ')
    // As readline does: what the function finds, or where it finds nothing a file.
    const script = `source ${FILE}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _corehour
      [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- '${words.at(-1)}')); echo "\${COMPREPLY[*]}"`
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: env(),
    })
    assert.equal(stderr, '')
    return `${words.slice(0, -1).join(' ')} ${stdout.trim()}`
  }
  for (const [begun, whole] of CASES) assert.equal(complete(begun), whole)
})

test('words are completed in zsh, as somebody types them', async (t) => {
  if (missing(t, 'zsh')) return
  await writeScript('zsh')
  // A zsh in a terminal of its own: the tab key completes, and Ctrl-X b prints the line as it is then.
  const asked = CASES.map(
    ([begun], i) => `zpty -w z $'\\x15'"${begun}"$'\\t\\x18b'; zpty -r z line "*<${i}:*>*"; print -r -- $line`,
  )
  const script = `zmodload zsh/zpty; cd ${folder}; zpty z zsh -f -i
    zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -d ${folder}/dump; source ${FILE}; n=0; show() { print -r -- "<$n:$BUFFER>"; n=$((n+1)) }; zle -N show; bindkey "^Xb" show; print ready''.'
    zpty -r z line '*ready.*'
    ${asked.join('\n')}`
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8', env: env(), timeout: 60_000 })
  const lines = [...stdout.matchAll(/<\d+:(.*?) ?>/g)].map((match) => match[1])
  assert.deepEqual(
    lines,
    CASES.map(([, whole]) => whole),
    stderr,
  )
})

test('a shell that is neither is refused', async () => {
  const { status, note } = await run(['completion', 'fish'])
  assert.deepEqual([status, note.split('\n')[0]], [2, 'corehour: it is for bash or zsh'])
})

function env() {
  return { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', ZDOTDIR: folder }
}
