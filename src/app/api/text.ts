import { BadRequest } from './problem.ts'

/**
 * No text of a request may hold a NUL or half a character: the books can't keep them, and they would be changed in silence.
 * @throws BadRequest that names the field.
 */
export function checkText(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw new BadRequest(path, `${path} holds a character that cannot be kept`)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      checkText(name, path === '' ? 'body' : path)
      checkText(each, path === '' ? name : `${path}.${name}`)
    }
  }
}
