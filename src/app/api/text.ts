import { BadRequest } from './problem.ts'

/**
 * No text of a request may hold a NUL or half a character: the books can't keep them, and they would be changed in silence.
 * @throws BadRequest that names the field.
 */
export function checkText(value: unknown): void {
  // Where something stands is only asked when it is not sound: hardly ever, and it costs more than to look.
  if (!isSound(value)) refuse(value, '')
}

function isSound(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isSound)
  for (const name in value) if (!isSound(name) || !isSound((value as Record<string, unknown>)[name])) return false
  return true
}

function refuse(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (!isSound(value)) throw new BadRequest(path, `${path} holds a character that cannot be kept`)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      refuse(name, path === '' ? 'body' : path)
      refuse(each, path === '' ? name : `${path}.${name}`)
    }
  }
}
