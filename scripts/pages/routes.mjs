/** `docs/routes.md`: every route that the SDK calls, and whether the embedded server has it. */
import { table } from '../markers.mjs'

/** @typedef {import('../read-source.mjs').Method} Method */
/** @typedef {import('../local-routes.mjs').LocalRoute} LocalRoute */

const HEAD = `# Routes

Every route of the platform that the SDK calls, with the methods that call it. \`request\` calls any other route.

Servers: \`2\` means that only the 2 line (2.0 to 2.10) has the route; it is gone since 5.0. The last column is the embedded server of
\`dashclaw/local\`: \`yes\` means that it answers for every server version that it plays, a version means that it answers for that
version only.
`

/** Names of path parts differ between the SDK and a server. @param {string} verb @param {string} path */
const keyOf = (verb, path) => `${verb} ${path.replace(/:\w+/g, ':')}`

/**
 * @param {readonly { title: string, methods: readonly Method[] }[]} domains
 * @param {readonly LocalRoute[]} local
 */
export function routesPage(domains, local) {
  const served = new Map(local.map((route) => [keyOf(route.method, route.path), route]))
  const sections = domains.flatMap(({ title, methods }) => {
    /** @type {Map<string, string[]>} */
    const callers = new Map()
    /** @type {Map<string, string | undefined>} */
    const lines = new Map(
      methods.flatMap(({ sends }) => sends.map(({ verb, path, line }) => [`${verb} ${path}`, line])),
    )
    for (const { name, routes } of methods) {
      for (const { verb, path } of routes) {
        const names = callers.get(`${verb} ${path}`) ?? []
        if (!names.includes(name)) names.push(name)
        callers.set(`${verb} ${path}`, names)
      }
    }
    const rows = [...callers].map(([route, names]) => {
      const [verb = '', path = ''] = route.split(' ')
      const calls = names.map((name) => `\`${name}\``).join(', ')
      return [`\`${route}\``, calls, lines.get(route) ?? 'all', answer(served.get(keyOf(verb, path)))]
    })
    return rows.length ? `## ${title}\n\n${table(['route', 'methods', 'servers', 'embedded server'], rows)}\n` : []
  })
  const called = new Set(
    domains.flatMap(({ methods }) => methods.flatMap(({ routes }) => routes)).map((one) => keyOf(one.verb, one.path)),
  )
  const others = local.filter(({ method, path }) => !called.has(keyOf(method, path)))
  const rest = others.map((route) => [`\`${route.method} ${route.path}\``, answer(route)])
  sections.push(
    `## Other routes of the embedded server\n\nNo method calls these by name.\n\n${table(['route', 'embedded server'], rest)}\n`,
  )
  return [HEAD, ...sections].join('\n')
}

/** @param {LocalRoute | undefined} route */
const answer = (route) => (route ? (route.versions?.join(', ') ?? 'yes') : 'no')
