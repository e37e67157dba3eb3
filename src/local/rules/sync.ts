/** Storing a whole state: one section after the other, each entry on its own. */
import { filled, integer, jsonColumn, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { today } from '../state/moment.ts'
import type { Scope } from '../state/server.ts'
import type { TableName } from '../state/tables.ts'
import {
  addContent,
  addGoal,
  addIdea,
  addMemory,
  type ContactRow,
  nextId,
  replaceNamed,
  storeConnection,
} from './dashboard.ts'
import { Redactor } from './redact.ts'

type Fields = Record<string, unknown>

/** What became of a section. */
export interface SectionResult {
  synced: number
  errors?: string[]
}

/** Makes the row of one entry and keeps it; throws when the database would refuse it. */
type Store = (entry: Fields, agent: string | null) => void

interface Section {
  store: Store
  /** What an error calls the entry. */
  label: (entry: Fields) => string
}

const CATEGORIES = ['decision', 'task', 'insight', 'question', 'general']

/** A column that must have a value. */
function needed<T>(value: T | null): T {
  if (value === null) throw new Error('A column that must have a value has none.')
  return value
}

/** Masks secrets in some fields. */
function masked(entry: Fields, ...names: string[]): Fields {
  const redactor = new Redactor()
  return { ...entry, ...Object.fromEntries(names.map((name) => [name, redactor.mask(entry[name])])) }
}

function sections(scope: Scope): Record<string, Section> {
  const add = (table: TableName, row: Fields) => void scope.table<Fields>(table).push(row)
  const base = (prefix: string, agent_id: string | null) => ({ id: hexId(prefix), org_id: scope.org.id, agent_id })
  const titled = (kind: string) => (entry: Fields) => `${kind} "${String(entry['title'] ?? entry['name'])}"`
  const plain = (kind: string) => () => kind
  return {
    connections: {
      label: ({ provider }) => `connection ${String(provider)}`,
      store({ provider, auth_type = 'api_key', status = 'active', metadata }, agent) {
        storeConnection(scope, {
          agent_id: needed(agent),
          provider: text(provider)!,
          auth_type: text(auth_type)!,
          plan_name: null,
          status: text(status)!,
          metadata: !metadata ? null : scope.version === '2.0' ? String(metadata) : JSON.stringify(metadata),
        })
      },
    },
    goals: {
      label: titled('goal'),
      store: (entry, agent) => void addGoal(scope, agent, masked(entry, 'title', 'description')),
    },
    learning: {
      label: ({ decision }) => `learning "${String(decision).slice(0, 30)}"`,
      store(entry, agent_id) {
        const { decision, context, reasoning, outcome, confidence } = masked(entry, 'decision', 'context', 'reasoning')
        add('decisions', {
          id: nextId(scope),
          org_id: scope.org.id,
          agent_id,
          decision: text(decision),
          context: filled(context),
          reasoning: filled(reasoning),
          outcome: filled(outcome) ?? 'pending',
          confidence: integer(confidence || 50),
          timestamp: scope.iso(),
          created_at: scope.iso(),
        })
      },
    },
    content: {
      label: titled('content'),
      store: (entry, agent) => void addContent(scope, agent, masked(entry, 'title', 'body')),
    },
    inspiration: {
      label: titled('idea'),
      store: (entry) => void addIdea(scope, masked(entry, 'title', 'description'), integer(entry['score'] || 50)),
    },
    context_points: {
      label: plain('context point'),
      store(entry, agent) {
        const { content, category, importance, session_date } = masked(entry, 'content')
        add('key_points', {
          ...base('cp_', agent),
          content: text(content),
          category: CATEGORIES.includes(category as string) ? category : 'general',
          importance: integer(importance),
          session_date: filled(session_date) ?? today(scope),
          compressed: 0,
          created_at: scope.iso(),
        })
      },
    },
    context_threads: {
      label: titled('thread'),
      store(entry, agent) {
        const { name, summary } = masked(entry, 'name', 'summary')
        const given = { name: text(name), summary: filled(summary) }
        const rows = scope.table<Fields>('context_threads')
        const known = rows.find((row) => row['name'] === given.name && row['agent_id'] === agent)
        if (known) {
          Object.assign(known, { status: 'active', updated_at: scope.iso() }, given.summary !== null && given)
        } else {
          rows.push({
            ...base('ct_', agent),
            ...given,
            status: 'active',
            created_at: scope.iso(),
            updated_at: scope.iso(),
          })
        }
      },
    },
    handoffs: {
      label: plain('handoff'),
      store(entry, agent) {
        const { summary, session_date, key_decisions, open_tasks, mood_notes, next_priorities } = masked(
          entry,
          'summary',
          'mood_notes',
        )
        add('handoffs', {
          ...base('ho_', needed(agent)),
          session_date: filled(session_date) ?? today(scope),
          summary: text(summary),
          key_decisions: jsonColumn(key_decisions),
          open_tasks: jsonColumn(open_tasks),
          mood_notes: filled(mood_notes),
          next_priorities: jsonColumn(next_priorities),
          created_at: scope.iso(),
        })
      },
    },
    snippets: {
      label: titled('snippet'),
      store(entry, agent) {
        const { name, code, description, language, tags } = masked(entry, 'name', 'code', 'description')
        const given = { description: filled(description), language: filled(language), tags: jsonColumn(tags) }
        const rows = scope.table<Fields>('snippets')
        const known = rows.find((row) => row['name'] === name)
        if (known) {
          const kept = Object.entries(given).filter(([, value]) => value !== null)
          Object.assign(known, { code: text(code) }, Object.fromEntries(kept))
          return
        }
        rows.push({
          ...base('sn_', agent),
          name: text(name),
          code: text(code),
          ...given,
          use_count: 0,
          created_at: scope.iso(),
          last_used: null,
        })
      },
    },
    relationships: {
      label: titled('relationship'),
      store(entry, agent_id) {
        const { name, relationship_type, description } = masked(entry, 'name', 'description')
        const rows = scope.table<ContactRow>('contacts')
        // Without an agent nobody is known.
        if (agent_id && rows.some((row) => row.name === name && row.agent_id === agent_id)) return
        const kind = filled(relationship_type) ?? 'contact'
        rows.push({
          id: nextId(scope),
          org_id: scope.org.id,
          agent_id,
          name: text(name)!,
          platform: kind,
          temperature: null,
          notes: filled(description),
          opportunity_type: kind,
          last_contact: null,
          interaction_count: 0,
          next_follow_up: null,
        })
      },
    },
    capabilities: {
      label: titled('capability'),
      store(entry, agent) {
        const { name, description, source_path, file_count, metadata } = masked(entry, 'name', 'description')
        const capability_type = filled(entry['capability_type']) ?? 'skill'
        const given = {
          description: filled(description),
          source_path: filled(source_path),
          metadata: metadata ? JSON.stringify(metadata) : null,
        }
        const always = { file_count: integer(file_count || 1), updated_at: scope.iso() }
        const rows = scope.table<Fields>('capabilities')
        const known = rows.find(
          (row) => row['agent_id'] === agent && row['name'] === name && row['capability_type'] === capability_type,
        )
        if (known) {
          const kept = Object.entries(given).filter(([, value]) => value !== null)
          Object.assign(known, always, Object.fromEntries(kept))
        } else {
          rows.push({ ...base('ac_', agent), name: text(name), capability_type, ...given, ...always })
        }
      },
    },
  }
}

/** The four kinds of preferences, which share one result. */
function preferenceSections(scope: Scope): Record<string, Section> {
  const row = (prefix: string, agent_id: string | null) => ({
    id: hexId(prefix),
    org_id: scope.org.id,
    user_id: null,
    agent_id,
    created_at: scope.iso(),
  })
  const add = (table: TableName, made: Fields) => void scope.table<Fields>(table).push(made)
  return {
    observations: {
      label: () => 'observation',
      store(entry, agent) {
        const { observation, category, importance } = masked(entry, 'observation')
        const given = {
          observation: text(observation),
          category: filled(category),
          importance: integer(importance || 5),
        }
        add('observations', { ...row('uo_', agent), ...given })
      },
    },
    preferences: {
      label: () => 'preference',
      store(entry, agent) {
        const { preference, category, confidence } = masked(entry, 'preference')
        const given = {
          preference: text(preference),
          category: filled(category),
          confidence: integer(confidence || 50),
        }
        add('preferences', { ...row('up_', agent), ...given, last_validated: null })
      },
    },
    moods: {
      label: () => 'mood',
      store(entry, agent) {
        const { mood, energy, notes } = masked(entry, 'mood', 'notes')
        add('moods', { ...row('um_', agent), mood: text(mood), energy: filled(energy), notes: filled(notes) })
      },
    },
    approaches: {
      label: ({ approach }) => `approach "${String(approach)}"`,
      store(entry, agent) {
        const { approach, context, success } = masked(entry, 'approach', 'context')
        const rows = scope.table<Fields>('approaches')
        let known = rows.find((other) => other['approach'] === approach && other['agent_id'] === agent)
        if (!known) {
          known = { ...row('ua_', agent), approach: text(approach), context: null, success_count: 0, fail_count: 0 }
          rows.push(known)
        }
        if (success !== undefined) (known[success ? 'success_count' : 'fail_count'] as number)++
        Object.assign(known, { context: filled(context) ?? known['context'], updated_at: scope.iso() })
      },
    },
  }
}

function storeMemory(scope: Scope, memory: Fields): SectionResult {
  let synced = 0
  try {
    if (memory['health']) {
      // Here only the first of each field's names is known.
      const {
        health_score: _,
        potential_duplicates: __,
        stale_facts_count: ___,
        ...health
      } = memory['health'] as Fields
      addMemory(scope, health)
      synced++
    }
    for (const name of ['entities', 'topics'] as const) {
      const list = (memory[name] as unknown[] | undefined) ?? []
      replaceNamed(scope, `memory_${name}`, list, (item) => item['mentions'] || 0)
      synced += list.length
    }
  } catch {
    return { synced, errors: ['memory: sync failed'] }
  }
  return { synced }
}

/** Stores a state that was found to be right. */
export function storeState(scope: Scope, fields: Fields): Record<string, SectionResult> {
  const agent = filled(fields['agent_id'])
  const results: Record<string, SectionResult> = {}
  const run = (name: string, { store, label }: Section, list: unknown) => {
    const result = (results[name] ??= { synced: 0 })
    for (const entry of (list ?? []) as Fields[]) {
      try {
        store(entry, agent)
        result.synced++
      } catch {
        result.errors = [...(result.errors ?? []), `${label(entry)}: sync failed`]
      }
    }
  }
  const known = sections(scope)
  const order = Object.keys(known)
  order.splice(1, 0, 'memory')
  order.splice(order.indexOf('snippets'), 0, 'preferences')
  for (const name of order) {
    const value = fields[name]
    if (value === undefined) continue
    if (name === 'memory') results[name] = storeMemory(scope, value as Fields)
    else if (name === 'preferences') {
      results[name] = { synced: 0 }
      for (const [kind, section] of Object.entries(preferenceSections(scope)))
        run(name, section, (value as Fields)[kind])
    } else run(name, known[name]!, value)
  }
  return results
}
