/** Generated parts of hand-written pages: what stands between `<!-- methods:loops -->` and `<!-- /methods -->`. */

const PART = /<!-- methods:([\w -]+) -->\n[\s\S]*?<!-- \/methods -->/g

/**
 * The domains that a page has parts for, in order, each with the heading above its part.
 *
 * @param {string} page
 */
export function partsOf(page) {
  return [...page.matchAll(PART)].map(({ 1: domain = '', index }) => {
    const heading =
      page
        .slice(0, index)
        .match(/^##+ .+$/gm)
        ?.at(-1) ?? ''
    return { domain, title: heading.replace(/^#+ /, '') }
  })
}

/**
 * The page with new parts. Every domain must have its part.
 *
 * @param {string} path - Of the page, for errors.
 * @param {string} page
 * @param {ReadonlyMap<string, string>} parts - Text by domain.
 */
export function fillParts(path, page, parts) {
  const placed = new Set(partsOf(page).map(({ domain }) => domain))
  for (const domain of parts.keys()) {
    if (!placed.has(domain)) {
      throw new Error(`${path} has no place for the methods of ${domain}. Write there:\n\n${partOf(domain, '')}\n`)
    }
  }
  return page.replace(PART, (_all, domain) => {
    const text = parts.get(domain)
    if (text === undefined)
      throw new Error(`${path} has a place for methods of ${domain}, and there is no such domain.`)
    return partOf(domain, text)
  })
}

/** @param {string} domain @param {string} text */
const partOf = (domain, text) => `<!-- methods:${domain} -->\n\n${text}\n\n<!-- /methods -->`

/**
 * A table of Markdown.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
