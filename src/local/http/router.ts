import type { Route } from '../routes/route.ts'
import type { ServerVersion } from '../state/server.ts'

interface Compiled {
  pattern: RegExp
  /** Each method with the names that its own path gives the parameters. */
  methods: Map<string, { route: Route; names: string[] }>
  parameters: number
  /** Paths without parameters win over those with. */
  fixed: number
}

/** Finds the route of a request. */
export class Router {
  #routes: Compiled[] = []

  constructor(routes: readonly Route[], version: ServerVersion) {
    const byPath = new Map<string, Compiled>()
    for (const entry of routes) {
      if (entry.versions && !entry.versions.includes(version)) continue
      const names: string[] = []
      const source = entry.path.replace(/:(\w+)/g, (_match, name: string) => {
        names.push(name)
        return '([^/]+)'
      })
      let compiled = byPath.get(source)
      if (!compiled) {
        compiled = {
          pattern: new RegExp(`^${source}$`),
          methods: new Map(),
          parameters: names.length,
          fixed: entry.path.split('/').filter((part) => !part.startsWith(':')).length,
        }
        byPath.set(source, compiled)
      }
      compiled.methods.set(entry.method, { route: entry, names })
    }
    this.#routes = [...byPath.values()].sort((a, b) => a.parameters - b.parameters || b.fixed - a.fixed)
  }

  /** The route and its parameters; `undefined` for an unknown path, `null` for a method that the path does not have. */
  find(method: string, path: string): { route: Route; params: Record<string, string> } | null | undefined {
    for (const { pattern, methods } of this.#routes) {
      const match = pattern.exec(path)
      if (!match) continue
      const found = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined)
      if (!found) return null
      const params: Record<string, string> = {}
      found.names.forEach((name, at) => {
        params[name] = decodeURIComponent(match[at + 1]!)
      })
      return { route: found.route, params }
    }
    return undefined
  }
}
