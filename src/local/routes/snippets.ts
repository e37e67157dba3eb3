import { Redactor } from '../rules/redact.ts'
import { filled, jsonColumn, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { holds } from '../state/like.ts'
import { error, invalid, json } from './answers.ts'
import { page, tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface SnippetRow {
  id: string
  org_id: string
  agent_id: string | null
  name: string
  description: string | null
  code: string
  language: string | null
  tags: string | null
  use_count: number
  created_at: string
  last_used: string | null
}

const UNKNOWN = 'Snippet not found'

const snippetsOf = (ctx: Context) => ctx.table<SnippetRow>('snippets')

function save(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { name: 200, code: 50_000, description: 2000, language: 50 })
  if (problems.length) return invalid(problems)
  for (const name of ['name', 'code']) if (!fields[name]) return error(400, `${name} is required`)
  const redactor = new Redactor()
  const name = text(fields['name'])!
  const code = redactor.mask(text(fields['code'])!)
  const given = {
    agent_id: filled(fields['agent_id']),
    description: redactor.mask(filled(fields['description'])),
    language: filled(fields['language']),
    tags: jsonColumn(fields['tags']),
  }
  let snippet = snippetsOf(ctx).find((row) => row.name === name)
  if (snippet) {
    // What is not given stays.
    Object.assign(snippet, { code }, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)))
  } else {
    snippet = {
      id: hexId('sn_'),
      org_id: ctx.org.id,
      name,
      code,
      ...given,
      use_count: 0,
      created_at: ctx.iso(),
      last_used: null,
    }
    snippetsOf(ctx).push(snippet)
  }
  return json(201, { snippet, snippet_id: snippet.id, security: redactor.summary() })
}

function list(ctx: Context): Response {
  const pages = page({ limit: ctx.query['limit'] ?? '' })
  if (!pages) return error(500, 'An error occurred while fetching snippets')
  const { search, tag, language } = ctx.query
  const snippets = snippetsOf(ctx)
    .filter(
      (row) =>
        (!search || holds(row.name, search) || holds(row.description, search)) &&
        (!tag || holds(row.tags, tag)) &&
        (!language || row.language === language),
    )
    .reverse()
    .sort((a, b) => b.use_count - a.use_count)
    .slice(0, pages.limit)
  return json(200, { snippets, total: snippets.length })
}

function read(ctx: Context, use: boolean): Response {
  const snippet = snippetsOf(ctx).find(({ id }) => id === ctx.params['snippet_id'])
  if (!snippet) return error(404, UNKNOWN)
  if (use) {
    snippet.use_count++
    snippet.last_used = ctx.iso()
  }
  return json(200, { snippet })
}

function remove(ctx: Context): Response {
  const { id } = ctx.query
  if (!id) return error(400, 'id query param is required')
  const rows = snippetsOf(ctx)
  const at = rows.findIndex((row) => row.id === id)
  if (at < 0) return error(404, UNKNOWN)
  rows.splice(at, 1)
  return json(200, { deleted: true, id })
}

/** Shared pieces of code. */
export const snippets: Route[] = [
  route('POST', '/api/snippets', saving('An error occurred while saving snippet', save)),
  route('GET', '/api/snippets', list),
  route('DELETE', '/api/snippets', remove),
  route('GET', '/api/snippets/:snippet_id', (ctx) => read(ctx, false)),
  route('POST', '/api/snippets/:snippet_id/use', (ctx) => read(ctx, true)),
]
