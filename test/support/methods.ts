import { DashClaw } from '../../src/client.ts'

/** What the prototypes hold besides the methods of the API. */
const OTHERS = new Set(['constructor', 'call', 'signer', 'recommender', 'toJSON'])

/** The name of every public method of the client, each once. */
export function clientMethods(): string[] {
  const names = new Set<string>()
  for (let type: object = DashClaw.prototype; type !== Object.prototype; type = Object.getPrototypeOf(type) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(type))) {
      if (typeof value === 'function' && !OTHERS.has(name)) names.add(name)
    }
  }
  return [...names]
}
