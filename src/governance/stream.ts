import { checkSignal } from '../core/abort.ts'
import { mismatch } from '../core/checks.ts'
import { type Core, settingsOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { EventStream, type EventStreamOptions, type StreamEvent } from '../core/event-stream.ts'
import { queryText } from '../core/path.ts'
import { retryAfter } from '../core/retry.ts'
import { send } from '../core/transport.ts'
import type { CancelSignal, FetchResponse, Open } from '../core/types.ts'
import type { ActionRecord } from './action-types.ts'
import type { GuardDecision } from './guard.ts'

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

/** A name of an event: a known one, or one that a newer server adds. */
export type EventName = Open<keyof PlatformEvents>

/** An event of one of the types `T`; of all, where they are not known to the compiler. */
export type PlatformEvent<T extends string = string> = string extends T
  ? StreamEvent<PlatformEvents>
  : { [K in T]: { type: K; id: string | null; data: K extends keyof PlatformEvents ? PlatformEvents[K] : unknown } }[T]

/** Options of an event stream. */
export interface EventsOptions<T extends EventName = EventName> {
  /** Ends the stream; an iteration then throws the signal's reason. */
  signal?: CancelSignal | undefined
  /** Resume after this event: the id of the last one that was handled, or `mem-0` for all that the server keeps. */
  lastEventId?: string | undefined
  /**
   * Only these events, in iterations and for `*`; the data of others is not even parsed. A handler of a type always gets it.
   * What an iteration gives is typed by this list. Default: all.
   */
  types?: readonly T[] | undefined
  /** Whether to connect again after a break, with what was missed meanwhile. Default: true. */
  reconnect?: boolean | undefined
}

/**
 * Opens the organization's event stream over the client's transport. `onDown` is told each time that a connection broke off or
 * could not be had, and whether it had lasted; `onEmpty` is told of an event without a payload.
 */
export function openEvents<T extends EventName = EventName>(
  core: Core,
  { types, lastEventId, signal, reconnect }: EventsOptions<T> = {},
  { onDown, onEmpty }: Pick<EventStreamOptions, 'onDown' | 'onEmpty'> = {},
): EventStream<PlatformEvents, PlatformEvent<T>> {
  const settings = settingsOf(core)
  if (
    types !== undefined &&
    !(Array.isArray(types) && types.length && types.every((type) => typeof type === 'string'))
  ) {
    throw new InputError("types must be an array of event names, such as ['action.updated'].", 'types')
  }
  if (lastEventId !== undefined && typeof lastEventId !== 'string') {
    throw new InputError('lastEventId must be the id of an event, such as "mem-12".', 'lastEventId')
  }
  if (reconnect !== undefined && typeof reconnect !== 'boolean') {
    throw mismatch('reconnect', 'true or false', reconnect)
  }
  checkSignal(signal)
  return new EventStream<PlatformEvents, PlatformEvent<T>>({
    logger: settings.logger,
    signal,
    lastEventId,
    types: types && [...types],
    reconnect,
    ...(onDown && { onDown }),
    ...(onEmpty && { onEmpty }),
    async connect(last, signal) {
      // There `fetch` answers when the whole body has come, which is never: React Native. A `fetch` of the caller's may do better.
      if (!settings.fetch && typeof ReadableStream === 'undefined') {
        return { status: 200, contentType: 'text/event-stream' }
      }
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
    },
  })
}
