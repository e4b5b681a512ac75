import { Refusal, type Tx } from '../../base/index.ts'
import { lockCommand, updateCommand, type Command } from './store.ts'

/**
 * A platform of these sources takes what it is asked, and will obey it. Again changes nothing, also when its event has ended it meanwhile.
 * @throws Refusal not_found, command_over (refused before).
 */
export async function takeCommand(tx: Tx, commandId: string, sources: readonly string[]): Promise<Command> {
  const command = await find(tx, commandId, sources)
  if (command.state === 'refused') throw over(command)
  if (command.state !== 'asked') return command
  return write(tx, { ...command, state: 'taken', takenAt: tx.now })
}

/**
 * A platform of these sources will not obey, and says why to who asked. Again changes nothing: the first reason stays.
 * @throws Refusal not_found, command_over (done before).
 */
export async function refuseCommand(
  tx: Tx,
  commandId: string,
  sources: readonly string[],
  note: string,
): Promise<Command> {
  const command = await find(tx, commandId, sources)
  if (command.state === 'done') throw over(command)
  if (command.state === 'refused') return command
  return write(tx, { ...command, state: 'refused', endedAt: tx.now, note })
}

async function find(tx: Tx, commandId: string, sources: readonly string[]): Promise<Command> {
  const command = await lockCommand(tx, commandId, sources)
  if (!command) throw new Refusal('not_found', { value: commandId })
  return command
}

async function write(tx: Tx, command: Command): Promise<Command> {
  await updateCommand(tx, command)
  return command
}

function over({ commandId, state }: Command): Refusal {
  return new Refusal('command_over', { value: commandId, state })
}
