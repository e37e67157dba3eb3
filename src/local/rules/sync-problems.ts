/** What a state must look like, and the platform's tree of what is wrong with one. */

/** Problems at one level; further levels are under their fields and positions. */
export interface ProblemTree {
  _errors: string[]
  [field: string]: ProblemTree | string[]
}

type Fields = Record<string, unknown>

/**
 * Fields as one text: `name` with `!` when it is required and `?` when null is fine, then `s` (text, with a greatest length),
 * `n` (number, with a range), `b` (true or false), `r` (an object), `x` (anything).
 */
const LISTS: Record<string, [items: number, fields: string]> = {
  connections: [1000, 'provider!:s100 auth_type:s50 plan_name?:s status:s50 metadata?:r'],
  goals: [2000, 'title!:s500 category?:s description?:s target_date?:s progress?:n0..100 status:s50'],
  learning: [2000, 'decision!:s2000 context?:s reasoning?:s outcome:s2000 confidence?:n0..100'],
  content: [2000, 'title!:s500 platform?:s status:s50 url?:s body?:s'],
  inspiration: [2000, 'title!:s500 description?:s category?:s score?:n status:s50 source?:s'],
  context_points: [5000, 'content!:s2000 category:s50 importance!?:n1..10 session_date?:s'],
  context_threads: [1000, 'name!:s255 summary?:s'],
  handoffs: [1000, 'summary!:s4000 session_date?:s key_decisions?:x open_tasks?:x mood_notes?:s next_priorities?:x'],
  snippets: [1000, 'name!:s255 code!:s10000 description?:s language?:s tags?:x'],
  relationships: [1000, 'name!:s255 relationship_type:s100 description?:s source_file?:s'],
  capabilities: [1000, 'name!:s255 capability_type:s50 description?:s source_path?:s file_count?:n metadata?:r'],
}
const PREFERENCES: Record<string, [items: number, fields: string]> = {
  observations: [1000, 'observation!:s2000 category?:s importance?:n'],
  preferences: [1000, 'preference!:s2000 category?:s confidence?:n'],
  moods: [1000, 'mood!:s100 energy?:s notes?:s'],
  approaches: [1000, 'approach!:s500 context?:s success:b'],
}
const MEMORY: Record<string, [items: number, fields: string]> = {
  entities: [100, 'name!:s255 type:s50 mentions?:n'],
  topics: [100, 'name!:s255 mentions?:n'],
}
const HEALTH =
  'score?:n total_files?:n total_lines?:n total_size_kb?:n memory_md_lines?:n oldest_daily?:s newest_daily?:s days_with_notes?:n avg_lines_per_day?:n duplicates?:n stale_count?:n'
const FIELD = /^(\w+?)(!?)(\??):([snbrx])(?:(\d+)\.\.(\d+)|(\d+))?$/

const KINDS = { s: 'string', n: 'number', b: 'boolean', r: 'record', x: 'any' } as const

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
const isFields = (value: unknown): value is Fields => kindOf(value) === 'object'
const problem = (text: string): ProblemTree => ({ _errors: [text] })
const wrongKind = (expected: string, value: unknown) =>
  problem(`Invalid input: expected ${expected}, received ${kindOf(value)}`)

/** What is wrong with a state; undefined when it can be stored. */
export function stateProblems(state: unknown): ProblemTree | undefined {
  if (!isFields(state)) return wrongKind('object', state)
  return joined({
    ...fieldProblems('agent_id?:s target_org_id?:s100', state),
    ...listProblems(LISTS, state),
    ...optional(state, 'memory', (memory) =>
      joined({
        ...optional(memory, 'health', (health) => joined(fieldProblems(HEALTH, health))),
        ...listProblems(MEMORY, memory),
      }),
    ),
    ...optional(state, 'preferences', (preferences) => joined(listProblems(PREFERENCES, preferences))),
  })
}

function joined(problems: Record<string, ProblemTree>): ProblemTree | undefined {
  return Object.keys(problems).length ? { _errors: [], ...problems } : undefined
}

function optional(
  from: Fields,
  name: string,
  look: (value: Fields) => ProblemTree | undefined,
): Record<string, ProblemTree> {
  const value = from[name]
  if (value === undefined) return {}
  const found = isFields(value) ? look(value) : wrongKind('object', value)
  return found ? { [name]: found } : {}
}

function listProblems(
  lists: Record<string, [items: number, fields: string]>,
  from: Fields,
): Record<string, ProblemTree> {
  const found: Record<string, ProblemTree> = {}
  for (const [name, [most, fields]] of Object.entries(lists)) {
    const list = from[name]
    if (list === undefined) continue
    if (!Array.isArray(list)) {
      found[name] = wrongKind('array', list)
      continue
    }
    const problems: Record<string, ProblemTree> = {}
    list.forEach((item: unknown, at) => {
      const tree = isFields(item) ? joined(fieldProblems(fields, item)) : wrongKind('object', item)
      if (tree) problems[at] = tree
    })
    const tree: ProblemTree = {
      _errors: list.length > most ? [`Too big: expected array to have <=${most} items`] : [],
      ...problems,
    }
    if (tree._errors.length || Object.keys(problems).length) found[name] = tree
  }
  return found
}

function fieldProblems(fields: string, item: Fields): Record<string, ProblemTree> {
  const found: Record<string, ProblemTree> = {}
  for (const field of fields.split(' ')) {
    const [, name = '', required, nullable, kind = 'x', from, to, length] = FIELD.exec(field)!
    let value = item[name]
    if (kind === 'x' || (value === undefined && !required) || (value === null && nullable && !required)) continue
    // A number that is missing counts as 0.
    if (nullable && required && value == null) value = 0
    const text = valueProblem(
      kind as keyof typeof KINDS,
      value,
      from ?? (required && kind === 's' ? '1' : undefined),
      to ?? length,
    )
    if (text) found[name] = problem(text)
  }
  return found
}

function valueProblem(
  kind: keyof typeof KINDS,
  value: unknown,
  least: string | undefined,
  most: string | undefined,
): string | undefined {
  const is = kindOf(value)
  if (is !== (kind === 'r' ? 'object' : KINDS[kind])) {
    return `Invalid input: expected ${KINDS[kind]}, received ${is}`
  }
  if (typeof value === 'string') {
    if (least !== undefined && value.length < +least) return `Too small: expected string to have >=${least} characters`
    if (most !== undefined && value.length > +most) return `Too big: expected string to have <=${most} characters`
  }
  if (typeof value === 'number') {
    if (least !== undefined && value < +least) return `Too small: expected number to be >=${least}`
    if (most !== undefined && value > +most) return `Too big: expected number to be <=${most}`
  }
  return undefined
}
