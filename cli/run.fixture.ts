import { command } from '../src/app/command.ts'
import type { Terminal } from './verb.ts'

/** What a command said, and its exit status. */
export type Said = { status: number; out: string; note: string }

/** Runs the command as its process would; `answer` is what somebody says who is asked. */
export async function run(
  args: readonly string[],
  { answer, ...terminal }: Partial<Pick<Terminal, 'colour' | 'signal' | 'watched'>> & { answer?: boolean } = {},
): Promise<Said> {
  const said = { out: '', note: '' }
  const status = await command(args, {
    out: (text) => void (said.out += text),
    note: (text) => void (said.note += text),
    watched: false,
    ...terminal,
    ...(answer !== undefined && {
      confirm: async (question: string) => {
        said.note += `${question}\n`
        return answer
      },
    }),
  })
  return { status, ...said }
}

/** The server and the key of the commands that follow. */
export function use(url: string, key: string): void {
  Object.assign(process.env, { COREHOUR_URL: url, COREHOUR_KEY: key })
}
