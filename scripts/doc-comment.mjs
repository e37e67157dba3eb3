/** What the generated pages take from a doc comment: its first sentence, and the routes that it names. */
import ts from 'typescript'

/** A route as a doc comment names it: `GET /api/messages?direction=inbox`. */
/** @typedef {{ verb: string, path: string, query: string }} Route */

/** A sentence ends before a capital, a digit, code, or the end; the dot of `2.0` ends none. */
const SENTENCE = /^.*?[.!?](?=\s+[A-Z\d`{]|$)/
const ROUTES = /\bRoutes?: (.*?)(?= @\w|$)/
const ROUTE = /`([A-Z]+) (\/[^`?\s]*)(\?[^`]*)?`/g

/**
 * The text of the doc comment of a declaration on one line, without its stars.
 *
 * @param {ts.Declaration | undefined} node
 */
export function docText(node) {
  const comment = node && ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)
  if (!comment) return ''
  return comment
    .getText()
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/**
 * The first sentence, as Markdown. Empty when there is none.
 *
 * @param {string} text
 */
export function summaryOf(text) {
  const prose = text.replace(ROUTES, '').replace(/(^| )@\w.*$/, '')
  return plain(SENTENCE.exec(prose.trim())?.[0] ?? '')
}

/**
 * Every route that a doc comment names after `Route:` or `Routes:`.
 *
 * @param {string} text
 * @returns {Route[]}
 */
export function routesOf(text) {
  const [, named = ''] = ROUTES.exec(text) ?? []
  return [...named.matchAll(ROUTE)].map(([, verb = '', path = '', query = '']) => ({ verb, path, query }))
}

/**
 * The default of a field, as its doc comment gives it: a number, a word in code, true or false.
 *
 * @param {string} text
 */
export function defaultOf(text) {
  const [, value] = /Default: (`\w+`|[\d,]*\d|true|false)(?=[.,;]|$| [(])/.exec(text) ?? []
  if (value === undefined) return undefined
  return /`/.test(value) ? value.replace(/`/g, "'") : value.replace(/,/g, '_')
}

/**
 * Links of doc comments as code: `{@link Loops.getOpenLoops}` is `getOpenLoops`.
 *
 * @param {string} text
 */
function plain(text) {
  return text.replace(/\{@link\s+([^}|\s]+)(?:\s*\|?\s*([^}]*))?\}/g, (_all, name, label) =>
    label ? label.trim() : `\`${name.split('.').at(-1)}\``,
  )
}
