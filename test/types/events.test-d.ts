import { expectTypeOf } from 'vitest'
import type {
  ActionRecord,
  DashClaw,
  EventName,
  EventStream,
  EventsOptions,
  PlatformEvent,
  PlatformEvents,
  StreamEvent,
} from '../../src/index.ts'

declare const claw: DashClaw

// What an effect of React may return: a function whose result is void.
// biome-ignore lint/suspicious/noConfusingVoidType: as React declares it
type Destructor = () => void | { never: never }
declare function useEffect(effect: () => Destructor): void

// one type
for await (const event of claw.events({ types: ['action.created'] })) {
  expectTypeOf(event.type).toEqualTypeOf<'action.created'>()
  expectTypeOf(event.data).toEqualTypeOf<ActionRecord>()
  expectTypeOf(event.id).toEqualTypeOf<string | null>()
}
// several, and one that only a newer server knows
for await (const event of claw.events({ types: ['action.created', 'token.usage', 'later.added'] })) {
  expectTypeOf(event.type).toEqualTypeOf<'action.created' | 'token.usage' | 'later.added'>()
  if (event.type === 'action.created') expectTypeOf(event.data).toEqualTypeOf<ActionRecord>()
  else if (event.type === 'token.usage') expectTypeOf(event.data.tokens_in).toEqualTypeOf<number>()
  else expectTypeOf(event.data).toEqualTypeOf<unknown>()
}
// a constant list
const types = ['goal.created', 'goal.updated'] as const
expectTypeOf(claw.events({ types, reconnect: false })).toEqualTypeOf<
  EventStream<PlatformEvents, PlatformEvent<'goal.created' | 'goal.updated'>>
>()
claw.events({ types }).on('*', (_data, event) => {
  expectTypeOf(event.type).toEqualTypeOf<'goal.created' | 'goal.updated'>()
})
// A handler of a type gets it whatever the list says.
claw.events({ types }).on('action.updated', (data) => expectTypeOf(data).toEqualTypeOf<ActionRecord>())
// handlers without a list
claw.events().on('action.updated', (row, event) => {
  expectTypeOf(row.action_id).toEqualTypeOf<string>()
  expectTypeOf(event.type).toEqualTypeOf<'action.updated'>()
})
claw.events().on('later.added', (data) => {
  expectTypeOf(data).toEqualTypeOf<unknown>()
})
// no list, or one that is not known to the compiler
expectTypeOf(claw.events()).toEqualTypeOf<EventStream<PlatformEvents>>()
expectTypeOf(claw.events({ lastEventId: 'mem-1' })).toEqualTypeOf<EventStream<PlatformEvents>>()
declare const names: string[]
declare const known: EventName[]
declare const options: EventsOptions
expectTypeOf(claw.events({ types: names })).toEqualTypeOf<EventStream<PlatformEvents>>()
expectTypeOf(claw.events({ types: known })).toEqualTypeOf<EventStream<PlatformEvents>>()
expectTypeOf(claw.events(options)).toEqualTypeOf<EventStream<PlatformEvents>>()
for await (const event of claw.events()) expectTypeOf(event).toEqualTypeOf<StreamEvent<PlatformEvents>>()
// @ts-expect-error: a list, not a name
void claw.events({ types: 'action.created' })

// closing
const events = claw.events()
expectTypeOf(events.close()).toEqualTypeOf<void>()
useEffect(() => () => events.close())
expectTypeOf(events[Symbol.asyncDispose]()).toEqualTypeOf<Promise<void>>()
