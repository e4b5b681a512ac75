/** Whether there is a console to build, and what is built is of other sources. */
export function isStale(): boolean
/** Builds it on the pinned Node, in a process of its own. Throws with its words when that fails. */
export function buildApart(node: string): Promise<void>
