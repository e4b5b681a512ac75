import { EXIT, readArgs, UsageError, type Verb } from '../verb.ts'

/** `verbs` are looked up when it runs, because this is one of them. */
export function completionVerb(verbs: () => Readonly<Record<string, Verb>>): Verb {
  return {
    summary: 'prints a script that completes words in bash or zsh',
    help: `corehour completion bash|zsh

Example: echo 'source <(corehour completion bash)' >> ~/.bashrc
`,
    async run(args, terminal) {
      const { positionals } = readArgs(args, {}, 1)
      const [shell] = positionals
      if (shell !== 'bash' && shell !== 'zsh') throw new UsageError('it is for bash or zsh')
      const words = Object.entries(verbs()).map(([name, { help }]) => `    ${name}) words="${optionsIn(help)}" ;;`)
      const bash = `_corehour() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${Object.keys(verbs()).join(' ')} help"
  else
    case "\${COMP_WORDS[1]}" in
${words.join('\n')}
    esac
    case "$current" in -*) ;; *) COMPREPLY=($(compgen -f -- "$current")) ; return ;; esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _corehour corehour
`
      terminal.out(shell === 'bash' ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`)
      return EXIT.done
    },
  }
}

/** The options that a command's help names. */
function optionsIn(help: string): string {
  return [...new Set([...help.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option))].sort().join(' ')
}
