import { expectTypeOf } from 'vitest'
import type { Session, SessionEvent, Sessions } from '../../src/domains/sessions.ts'

declare const claw: Sessions
const options = { timeout: 1_000 }

// createSession
expectTypeOf(claw.createSession({ workspace: '/repo', branch: null, agent_id: 'a' }, options)).resolves.toEqualTypeOf<{
  session: Session
}>()
claw.createSession()
// @ts-expect-error the status is the server's
claw.createSession({ status: 'working' })

// getSession
expectTypeOf(claw.getSession('sess_1', options)).resolves.toEqualTypeOf<{ session: Session }>()
// @ts-expect-error the id is required
claw.getSession()

// updateSession
expectTypeOf(claw.updateSession('sess_1', { status: 'working', commits_behind: 3 }, options)).resolves.toEqualTypeOf<{
  session: Session
}>()
// @ts-expect-error something must change
claw.updateSession('sess_1')
// @ts-expect-error commits are counted
claw.updateSession('sess_1', { commits_behind: '3' })

// listSessions
expectTypeOf(claw.listSessions({ agent_id: 'a', status: 'blocked', limit: 5 }, options)).resolves.toEqualTypeOf<{
  sessions: Session[]
}>()
claw.listSessions()
// @ts-expect-error the server has no offset here
claw.listSessions({ offset: 5 })

// getSessionEvents
expectTypeOf(claw.getSessionEvents('sess_1', options)).resolves.toEqualTypeOf<{ events: SessionEvent[] }>()
expectTypeOf<SessionEvent['detail']>().toEqualTypeOf<string | null>()
// @ts-expect-error there are no filters
claw.getSessionEvents('sess_1', { limit: 5 })
