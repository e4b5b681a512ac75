/**
 * Takes a lock file that names its holder: a process id and when that process started. It outlives a kill -9, and is
 * then seen to be stale, also when the process id has been given to another process since.
 * @throws what the file system says when the folder can't be written
 */
export function takeLock(path: string): { release(): void } | { holder: number }

/** The process id of a lock file's holder, or undefined where nobody holds it. */
export function holderOf(path: string): number | undefined

/**
 * A command that asks the kernel to send it `signal` when the thread that spawned it ends, however that ends. The thread
 * must be the main one. Unchanged where the machine can't do it.
 */
export function endingWithParent(signal: 'INT' | 'TERM', command: string, args: string[]): [string, string[]]
