/** Bytes as hex digits. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** A prefix and 24 hex digits, as most rows have. */
export const hexId = (prefix: string, length = 24): string =>
  prefix + hex(crypto.getRandomValues(new Uint8Array(length / 2)))

/** A prefix and a UUID v4, as actions, loops and assumptions have. */
export const uuidId = (prefix: string): string => prefix + crypto.randomUUID()
