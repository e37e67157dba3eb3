import { utf8 } from '../core/encoding.ts'
import { InputError } from '../core/errors.ts'
import { parseRoute, routeInput } from '../core/route.ts'
import { cutText } from '../core/text.ts'
import { actionRoute } from '../governance/action-fields.ts'

export type Fields = Record<string, unknown>
/** How many entries one request may hold. */
type Limits = Record<string, number>

const STATE =
  'syncState@2 POST /api/sync agent_id@agentId target_org_id connections:[provider!,auth_type,status,plan_name,metadata] memory:{health:{score,total_files,total_lines,total_size_kb,memory_md_lines,oldest_daily,newest_daily,days_with_notes,avg_lines_per_day,duplicates,stale_count},entities:[name!,type,mentions],topics:[name!,mentions]} goals:[title!,category,description,target_date,progress,status] decisions:[decision!,context,reasoning,outcome,confidence] learning:[decision!,context,reasoning,outcome,confidence] content:[title!,platform,status,url,body] inspiration:[title!,description,category,score,status,source] context_points:[content!,category,importance,session_date] context_threads:[name!,summary] handoffs:[summary!,session_date,key_decisions,open_tasks,next_priorities,mood_notes] preferences:{observations:[observation!,category,importance],preferences:[preference!,category,confidence],moods:[mood!,energy,notes],approaches:[approach!,context,success]} snippets:[name!,code!,description,language,tags] relationships:[name!,relationship_type,description,source_file] capabilities:[name!,capability_type,description,source_path,file_count,metadata] actions:list'
const LISTS: Limits = {
  connections: 1000,
  goals: 2000,
  learning: 2000,
  content: 2000,
  inspiration: 2000,
  context_points: 5000,
  context_threads: 1000,
  handoffs: 1000,
  snippets: 1000,
  relationships: 1000,
  capabilities: 1000,
}
const PREFERENCES: Limits = { observations: 1000, preferences: 1000, moods: 1000, approaches: 1000 }
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
  const { agent_id, target_org_id, actions, decisions, memory, preferences, ...rest } = given(
    routeInput(parseRoute(STATE), state, client),
  )
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
  const fill = (limits: Limits, lists: Fields, listOf: (name: string) => unknown[]) => {
    for (const [name, limit] of Object.entries(limits)) {
      const list = lists[name] as Fields[] | undefined
      if (list && !list.length) listOf(name)
      list?.forEach((item, at) => {
        const where = `${name}[${at}]`
        let entry = given(item)
        // Without it the server refuses the whole state.
        if (name === 'context_points') entry['importance'] ??= 5
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
    const checked = given(memory)
    for (const name of ['entities', 'topics']) {
      const list = checked[name] as Fields[] | undefined
      if (list) checked[name] = list.map(given)
    }
    section('memory', checked)
    size += bytesOf('memory', checked)
  }
  fill(LISTS, rest, (name) => section(name, []))
  if (preferences) {
    section('preferences', {})
    fill(PREFERENCES, given(preferences), (name) => {
      const inner = section<Record<string, unknown[]>>('preferences', {})
      inner[name] ??= []
      return inner[name]
    })
  }
  const own = (actions as Fields[] | undefined)?.map((item, at) => {
    const action = actionFields(`actions[${at}]`, { agent_id, ...given(item) }, client)
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

/** Checks an action, and says which one it was. */
function actionFields(where: string, action: Fields, client: Fields): Fields {
  try {
    return given(routeInput(actionRoute('syncState'), action, client))
  } catch (cause) {
    const { message, field } = cause as InputError
    throw new InputError(`${where}: ${message}`, field, { cause })
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
