import { fromBase64 } from './bytes.ts'

/** The canonical text that a signature covers: sorted keys at every level, no spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>
    return `{${Object.keys(fields)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`)
      .join(',')}}`
  }
  return JSON.stringify(value)
}

/** Verifies the `_signature` of an action's body with a public key in PEM. */
export async function verifySignature(body: Record<string, unknown>, publicKeyPem: string): Promise<boolean> {
  const { _signature, ...signed } = body
  if (typeof _signature !== 'string') return false
  const given = fromBase64(_signature)
  const pem = fromBase64(publicKeyPem.replace(/-----[A-Z ]+-----|\s/g, ''))
  if (!given || !pem) return false
  try {
    const key = await crypto.subtle.importKey('spki', pem, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
      'verify',
    ])
    return await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key, given, new TextEncoder().encode(canonical(signed)))
  } catch {
    return false
  }
}
