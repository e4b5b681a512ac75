let codes: Map<string, number> | undefined

/** Text in GBK, which Node reads but does not write; what GBK has not becomes a question mark. */
export function encodeGbk(text: string): Buffer {
  codes ??= learnCodes()
  const bytes: number[] = []
  for (const character of text) {
    const code = character < '\u0080' ? character.charCodeAt(0) : (codes.get(character) ?? 0x3f)
    if (code > 0xff) bytes.push(code >> 8)
    bytes.push(code & 0xff)
  }
  return Buffer.from(bytes)
}

function learnCodes(): Map<string, number> {
  const decoder = new TextDecoder('gbk')
  const learned = new Map<string, number>()
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail))
      // What is no character decodes to two, or to the mark of a fault.
      if (character.length === 1 && character !== '\ufffd' && !learned.has(character))
        learned.set(character, lead * 256 + trail)
    }
  return learned
}
