import { readProfiles } from '../settings.ts'
import { EXIT, readArgs, UsageError, type Verb } from '../verb.ts'

/** `verbs` are looked up when it runs, because this is one of them. */
export function completionVerb(verbs: () => Readonly<Record<string, Verb>>): Verb {
  return {
    summary: 'prints a script that completes words in bash or zsh',
    help: `corehour completion bash|zsh

Completes commands, their options, profiles and files.

Example: echo 'source <(corehour completion bash)' >> ~/.bashrc
`,
    words: ['bash', 'zsh'],
    async run(args, terminal) {
      const { positionals } = readArgs(args, {}, 1)
      const [shell] = positionals
      // What the script itself asks for.
      if (shell === 'profiles') terminal.out(`${Object.keys(readProfiles().profiles).join('\n')}\n`)
      else if (shell === 'bash') terminal.out(bashScript(verbs()))
      else if (shell === 'zsh') terminal.out(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(verbs())}`)
      else throw new UsageError('it is for bash or zsh')
      return EXIT.done
    },
  }
}

function bashScript(verbs: Readonly<Record<string, Verb>>): string {
  const names = `${Object.keys(verbs).join(' ')} help`
  const cases = Object.entries(verbs).map(
    ([name, { help, words = [] }]) => `    ${name}) options="${optionsIn(help)}" words="${words.join(' ')}" ;;`,
  )
  return `_corehour() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options= words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    help) words="${names}" ;;
  esac
  case "$before" in
    --profile) words="$("\${COMP_WORDS[0]}" completion profiles 2>/dev/null)" options= ;;
    --lang) words="en zh" options= ;;
    --by) words="day month project user kind sku" options= ;;
    --kind) words="job node storage" options= ;;
    --role) words="admin member" options= ;;
    --scope) words="customer platform staff" options= ;;
    --view) words="created joined" options= ;;
    use|remove) [ "\${COMP_WORDS[1]}" = profile ] && words="$("\${COMP_WORDS[0]}" completion profiles 2>/dev/null)" ;;
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _corehour corehour
`
}

/** The options that a command's help names. */
function optionsIn(help: string): string {
  return [...new Set([...help.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option))].sort().join(' ')
}
