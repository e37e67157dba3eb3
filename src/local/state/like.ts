/** Whether a text holds what is looked for, as `ILIKE '%…%'` says: capitals ignored, `%` for any text, `_` for one character. */
export function holds(value: string | null, wanted: string): boolean {
  if (value === null) return false
  const text = value.toLowerCase()
  const pattern = `%${wanted.toLowerCase()}%`
  // Two pointers and the last `%`: never more than text times pattern steps.
  let at = 0
  let next = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    const escaped = pattern[next] === '\\' && next + 1 < pattern.length - 1
    const sign = escaped ? pattern[next + 1] : pattern[next]
    if (!escaped && sign === '%') {
      star = next++
      mark = at
    } else if (sign === text[at] || (!escaped && sign === '_')) {
      next += escaped ? 2 : 1
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[next] === '%') next++
  return next === pattern.length
}
