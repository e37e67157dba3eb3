/** `llms.txt`: every method with its fields, its answer and its routes, for coding agents. */

/** @typedef {import('../read-source.mjs').Method} Method */

/**
 * @param {string} head - The hand-written part, up to the heading of the methods.
 * @param {readonly { title: string, methods: readonly Method[] }[]} domains
 */
export function llms(head, domains) {
  const sections = domains.map(({ title, methods }) => `### ${title}\n\n${methods.map(line).join('\n')}\n`)
  return `${head.trimEnd()}\n\n${sections.join('\n')}`
}

/** @param {Method} method */
function line({ list, names, full, answer, asks, routes }) {
  if (list)
    return `- ${code(`${names[0]?.replace(')', ', options?)')}`)}: each \`${answer}\` of \`${list}\`, page after page`
  const calls = asks ? `${full.map(code).join(' or ')} → ${code(answer)}` : calling(full, answer)
  const sent = routes.map(({ verb, path, query }) => code(`${verb} ${path}${query}`)).join(', ')
  return `- ${calls}${sent && `: ${sent}`}`
}

/** Calls that give their answer at once. @param {readonly string[]} full @param {string} answer */
function calling(full, answer) {
  const answers = answer.split(' | ')
  return full.map((call, at) => code(`${call}: ${answers.length === full.length ? answers[at] : answer}`)).join(' or ')
}

/** @param {string} text */
const code = (text) => `\`${text}\``
