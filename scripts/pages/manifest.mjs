/** `test/fixtures/signatures.json`: the methods as data, for tests. */

/** @param {readonly import('../read-source.mjs').Method[]} methods */
export function manifest(methods) {
  const rows = methods.map(({ domain, name, short, routes }) => ({
    domain,
    method: name,
    signature: short.join(' | '),
    routes: routes.map(({ verb, path, query }) => `${verb} ${path}${query}`),
  }))
  return `${JSON.stringify(rows, null, 1)}\n`
}
