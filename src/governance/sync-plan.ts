import { utf8 } from '../core/encoding.ts'
import { InputError } from '../core/errors.ts'
import { parseRoute, routeInput } from '../core/route.ts'
import { cutText } from '../core/text.ts'

export type Fields = Record<string, unknown>
/** How many entries one request may hold, and what each of them is checked for. */
type Rules = Record<string, [limit: number, fields: string]>

const STATE =
  'agent_id@agentId:text target_org_id:text100 connections:list memory:object goals:list decisions:list learning:list content:list inspiration:list context_points:list context_threads:list handoffs:list preferences:object snippets:list relationships:list capabilities:list actions:list'
const LISTS: Rules = {
  connections: [1000, 'provider!:text100 auth_type:text50 status:text50'],
  goals: [2000, 'title!:text500 status:text50 progress:num0..100'],
  learning: [2000, 'decision!:text2000 outcome:text2000 confidence:num0..100'],
  content: [2000, 'title!:text500 status:text50'],
  inspiration: [2000, 'title!:text500 status:text50 score:num'],
  context_points: [5000, 'content!:text2000 category:text50 importance=5:num1..10'],
  context_threads: [1000, 'name!:text255'],
  handoffs: [1000, 'summary!:text4000'],
  snippets: [1000, 'name!:text255 code!:text10000'],
  relationships: [1000, 'name!:text255 relationship_type:text100'],
  capabilities: [1000, 'name!:text255 capability_type:text50 file_count:num'],
}
const PREFERENCES: Rules = {
  observations: [1000, 'observation!:text2000 importance:num'],
  preferences: [1000, 'preference!:text2000 confidence:num'],
  moods: [1000, 'mood!:text100'],
  approaches: [1000, 'approach!:text500 success:bool'],
}
const ACTION =
  'agent_id!@agentId:text128 agent_name@agentName:text256 swarm_id@swarmId:text128 action_type!:text128 declared_goal!:text2000 action_id:text128'
/** Bytes of entries in one request: 2 MiB, less what stands around them. */
const MOST = 2_000_000

/** One request of a plan. */
interface SyncPart {
  fields: Fields
  /** The sections in it. */
  sections: string[]
}

/** What a state is sent as. */
export interface SyncPlan {
  /** Bodies for the route of states, in order. */
  parts: SyncPart[]
  /** Connections with metadata: their route is another one. */
  linked: Fields[]
  /** Undefined when the state has no such section. */
  actions: Fields[] | undefined
  agent_id: unknown
  /** Capabilities whose metadata was left out. */
  unstored: number
}

/** What the requests of a state hold. Everything is checked here, before the first of them is sent. */
export function planSync(state: object, client: Fields): SyncPlan {
  const { agent_id, target_org_id, actions, decisions, memory, preferences, ...rest } = check('', STATE, state, client)
  const frame = given({ agent_id, target_org_id })
  const newer = Object.fromEntries(Object.entries(rest).filter(([name]) => !Object.hasOwn(LISTS, name)))
  if (decisions) rest['learning'] = [...((rest['learning'] as unknown[]) ?? []), ...(decisions as unknown[])]
  const linked: Fields[] = []
  let unstored = 0
  let size = 0
  const parts: SyncPart[] = []
  const open = (fields: Fields) => {
    parts.push({ fields, sections: [] })
    size = 0
  }
  /** A section of the part that is being filled. */
  const section = <T>(name: string, empty: T): T => {
    const { fields, sections } = parts.at(-1)!
    if (!sections.includes(name)) sections.push(name)
    fields[name] ??= empty
    return fields[name] as T
  }
  const fill = (rules: Rules, lists: Fields, listOf: (name: string) => unknown[]) => {
    for (const [name, [limit, rule]] of Object.entries(rules)) {
      const list = lists[name] as unknown[] | undefined
      if (list && !list.length) listOf(name)
      list?.forEach((item, at) => {
        const where = `${name}[${at}]`
        let entry = check(where, rule, item)
        if (name === 'connections' || name === 'capabilities') {
          const { metadata, ...plain } = entry
          const some = !!metadata && (typeof metadata !== 'object' || Object.keys(metadata).length > 0)
          if (some && name === 'connections') {
            linked.push(entry)
            return
          }
          if (some) unstored++
          entry = plain
        }
        const bytes = bytesOf(where, entry)
        if (size + bytes > MOST || listOf(name).length >= limit) open({ ...frame })
        size += bytes
        listOf(name).push(entry)
      })
    }
  }

  open({ ...frame, ...newer })
  if (memory) {
    const checked = check('memory', 'health:object entities:list100 topics:list100', memory)
    for (const name of ['entities', 'topics']) {
      const list = checked[name] as unknown[] | undefined
      if (list)
        checked[name] = list.map((item, at) =>
          check(`memory.${name}[${at}]`, 'name!:text255 type:text50 mentions:num', item),
        )
    }
    section('memory', checked)
    size += bytesOf('memory', checked)
  }
  fill(LISTS, rest, (name) => section(name, []))
  if (preferences) {
    section('preferences', {})
    const lists = check('preferences', 'observations:list preferences:list moods:list approaches:list', preferences)
    fill(PREFERENCES, lists, (name) => {
      const inner = section<Record<string, unknown[]>>('preferences', {})
      inner[name] ??= []
      return inner[name]
    })
  }
  const own = (actions as Fields[] | undefined)?.map((item, at) => {
    const action = check(`actions[${at}]`, ACTION, { agent_id, ...given(item) }, client)
    for (const name of ['output_summary', 'error_message']) {
      const text = action[name]
      if (typeof text === 'string') action[name] = cutText(text, 4000)
    }
    // On the server only this word puts an action into the approval queue.
    if (action['status'] === 'pending') action['status'] = 'pending_approval'
    return action
  })
  const [first] = parts
  if (!first!.sections.length && !Object.keys(newer).length && (own || linked.length)) parts.shift()
  return { parts, linked, actions: own, agent_id, unstored }
}

/** The fields that are not null: the server takes null for some fields and refuses it for others, where it means the same. */
function given(item: unknown): Fields {
  return Object.fromEntries(
    Object.entries(item ?? {}).filter(([name, value]) => value != null && !(name === 'importance' && value === 0)),
  )
}

/** Checks an entry, and says which one it was. */
function check(where: string, fields: string, item: unknown, client: Fields = {}): Fields {
  try {
    return given(routeInput(parseRoute(`POST /api/sync ${fields}`), where ? given(item) : item, client))
  } catch (cause) {
    const { message, field } = cause as InputError
    throw new InputError(where ? `${where}: ${message}` : message, field, { cause })
  }
}

function bytesOf(where: string, value: Fields): number {
  let text: string
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new InputError(`${where} can't be written as JSON: ${(cause as Error).message}`, where, { cause })
  }
  const bytes = utf8(text).length + 1
  if (bytes > MOST) throw new InputError(`${where} is larger than the 2 MiB that a request may have.`, where)
  return bytes
}
