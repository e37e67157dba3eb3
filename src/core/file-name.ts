/** The file name in a `content-disposition` header, in which each UTF-8 byte is a character; without its path. */
export function fileName(header: string | null): string {
  let name = /filename="([^"]*)"/.exec(header ?? '')?.[1] ?? ''
  try {
    // Characters above U+00FF: the runtime has decoded the header itself.
    if (!/[^\0-\xff]/.test(name)) {
      name = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(name, (char) => char.charCodeAt(0)))
    }
  } catch {
    // No UTF-8: the characters are meant as they are.
  }
  name = name.split(/[\\/]/).pop() ?? ''
  return name === '.' || name === '..' ? '' : name
}
