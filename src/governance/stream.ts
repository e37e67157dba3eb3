import { type Core, settingsOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { EventStream } from '../core/event-stream.ts'
import { queryText } from '../core/path.ts'
import { retryAfter } from '../core/retry.ts'
import { send } from '../core/transport.ts'
import type { CancelSignal, FetchResponse, Open } from '../core/types.ts'
import type { GuardDecision } from './guard.ts'
import type { ActionRecord } from './records.ts'

/** A row that another domain describes in full; its fields are those of that domain's calls. */
export type EventRow = Record<string, unknown>

/** What each event of the platform carries. */
export interface PlatformEvents {
  /** Once a connection, after the replay. */
  connected: {
    status: Open<'ok'>
    orgId: string
    backend: Open<'memory' | 'redis'>
    realtimeStatus: Open<'healthy' | 'degraded'>
    /** How many missed events were sent again before this one; at most 200. */
    replayed: number
    lastEventId: string | null
    replayError: string | null
  }
  /** An action was stored, also one that waits for approval. */
  'action.created': ActionRecord
  /** An outcome was written, or a person decided. */
  'action.updated': ActionRecord
  /** Every guard check, and every new action, also a blocked one. */
  'guard.decision.created': {
    /** Guard decision id (`gd_…`). */
    id: string
    org_id: string
    agent_id: string | null
    decision: GuardDecision['decision']
    /** The reasons joined by `; `. */
    reason: string | null
    matched_policies: string[]
    /** The checked fields, secrets masked. */
    context: Record<string, unknown>
    risk_score: number | null
    action_type: string | null
    created_at: string
  }
  'policy.updated': {
    change_type: Open<'created' | 'updated' | 'deleted'>
    /** Of a created or updated policy. */
    policy?: EventRow
    /** Of a deleted policy. */
    policy_id?: string
  }
  'loop.created': EventRow
  'loop.updated': EventRow
  'agent.heartbeat': {
    agent_id: string
    status: string | null
    /** ISO 8601. */
    last_heartbeat_at: string
    /** Absent when the heartbeat did not have it. */
    current_task_id?: string | null
  }
  'goal.created': EventRow
  'decision.created': EventRow
  'message.created': EventRow
  'token.usage': {
    agent_id: string | null
    tokens_in: number
    tokens_out: number
    total_tokens: number
    /** US dollars. */
    estimated_cost: number
    model: string
  }
  'task.assigned': { task: EventRow }
  'task.completed': { task: EventRow }
  'goal.updated': EventRow
  'signal.detected': EventRow
}

/** Options of an event stream. */
export interface EventsOptions {
  /** Ends the stream; an iteration then throws the signal's reason. */
  signal?: CancelSignal | undefined
  /** Resume after this event: the id of the last one that was handled, or `mem-0` for all that the server keeps. */
  lastEventId?: string | undefined
  /** Only these events, in iterations and for `*`; the data of others is not even parsed. A handler of a type always gets it. Default: all. */
  types?: readonly Open<keyof PlatformEvents>[] | undefined
  /** Whether to connect again after a break, with what was missed meanwhile. Default: true. */
  reconnect?: boolean | undefined
}

/** Opens the organization's event stream over the client's transport. `onDown` is told each time that no connection is there. */
export function openEvents(
  core: Core,
  options: EventsOptions & { onDown?: () => void } = {},
): EventStream<PlatformEvents> {
  const settings = settingsOf(core)
  const { types, lastEventId, onDown } = options
  if (
    types !== undefined &&
    !(Array.isArray(types) && types.length && types.every((type) => typeof type === 'string'))
  ) {
    throw new InputError("types must be a list of event names, such as ['action.updated'].", 'types')
  }
  if (lastEventId !== undefined && typeof lastEventId !== 'string') {
    throw new InputError('lastEventId must be the id of an event, such as "mem-12".', 'lastEventId')
  }
  let connections = 0
  return new EventStream<PlatformEvents>({
    logger: settings.logger,
    signal: options.signal,
    lastEventId,
    types: types && [...types],
    reconnect: options.reconnect,
    async connect(last, signal) {
      if (connections++) onDown?.()
      // There `fetch` answers when the whole body has come, which is never: React Native. A `fetch` of the caller's may do better.
      if (!settings.fetch && typeof ReadableStream === 'undefined') {
        return { status: 200, contentType: 'text/event-stream' }
      }
      try {
        const response = (await send(
          settings,
          // A header would be refused by the platform's CORS rules.
          {
            verb: 'GET',
            path: '/api/stream',
            query: queryText({ lastEventId: last || undefined }),
            repeatable: false,
            read: 'stream',
          },
          { signal: signal as CancelSignal, maxRetries: 0 },
        )) as FetchResponse | undefined
        if (!response) return { status: 204, contentType: null, body: null }
        const { status, headers } = response
        return {
          status,
          contentType: headers.get('content-type'),
          body: response.body,
          retryAfter: retryAfter(headers.get('retry-after'), Date.now()),
        }
      } catch (error) {
        onDown?.()
        throw error
      }
    },
  })
}
