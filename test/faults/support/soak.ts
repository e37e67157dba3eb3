import { getEventListeners } from 'node:events'
import { DashClaw } from '../../../src/client.ts'
import { isDashClawError } from '../../../src/core/errors.ts'
import type { Undelivered } from '../../../src/core/options.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { BLOCKED, HELD } from '../../support/local.ts'
import { chooseFault, pick, rolls } from './faults.ts'
import { type Ledger, SEED } from './figures.ts'
import { type Answer, type FaultProxy, type Passing, startProxy } from './proxy.ts'

export const KINDS = [
  'track',
  'track',
  'track',
  'track that throws',
  'track blocked',
  'track held',
  'track held',
  'track aborted',
  'create',
  'create with an id',
  'create and outcome',
  'read',
  'list',
  'guard',
] as const

/** What one call came to: the same for the same seed. */
export interface Outcome {
  call: string
  kind: (typeof KINDS)[number]
  /** `value`, or the name of the error. */
  end: string
  ran: number
}

export interface SoakFigures {
  requests: number
  faults: Map<string, number>
  outcomes: Outcome[]
  /** Outcomes that the far side refused with 4xx, which was reported. */
  refused: number
}

interface Row {
  action_id: string
  declared_goal: string
  status: string
  output_summary: string | null
}

/** Milliseconds: far above an answer's time on a busy machine, so that what is stalled is what was meant to be. */
const TIMEOUT = 1000

/** States that a server may send some day, and nonsense: nothing runs for them. */
const STRANGE = ['paused', 'expired', 'blocked', 'Running', ' running', 'PENDING_APPROVAL', '', 7, null, true, {}]

/** Clients of one embedded server behind one broken network, and what has to hold whatever breaks. */
export class Soak {
  readonly faults = new Map<string, number>()
  readonly outcomes: Outcome[] = []
  refused = 0
  #server: LocalServer = createLocalServer({ policies: [HELD, BLOCKED] })
  #proxy!: FaultProxy
  #ledger: Ledger
  #name: string
  /** Which call an action belongs to: requests of the background name no other. */
  #callOf = new Map<string, string>()
  #tries = new Map<string, number>()
  /** One signal for all calls: whoever leaves a listener on it is seen. */
  #forever = new AbortController()

  private constructor(name: string, ledger: Ledger) {
    this.#name = name
    this.#ledger = ledger
  }

  /** Runs `lanes` clients at once, each with `waves` waves of `wide` calls at once. */
  static async run(
    name: string,
    ledger: Ledger,
    { lanes, waves, wide, guardMode }: { lanes: number; waves: number; wide: number; guardMode?: 'off' },
  ): Promise<SoakFigures> {
    const soak = new Soak(name, ledger)
    const listening = await soak.#server.listen()
    soak.#proxy = await startProxy(() => listening.url)
    soak.#proxy.plan = (passing) => soak.#plan(passing)
    soak.#proxy.rewrite = (passing, answer) => soak.#answered(passing, answer)
    await Promise.all(Array.from({ length: lanes }, (_, lane) => soak.#lane(`${name}.${lane}`, waves, wide, guardMode)))
    soak.#inspect()
    const { requests } = soak.#proxy
    await soak.#proxy.close()
    await soak.#server.close()
    return { requests, faults: soak.faults, outcomes: soak.outcomes, refused: soak.refused }
  }

  #keyOf({ method, path, headers, body }: Passing): string {
    const route = path.split('?')[0]!
    const id = /^\/api\/actions\/([^/]+)/.exec(route)?.[1]
    const call = headers['x-call'] ?? (id && this.#callOf.get(id)) ?? `lane ${headers['x-lane']}`
    if (method === 'POST' && route === '/api/actions') {
      this.#callOf.set((JSON.parse(String(body)) as Row).action_id, call)
    }
    return `${call} ${method} ${id ? route.replace(id, ':id') : route}`
  }

  #plan(passing: Passing) {
    const key = this.#keyOf(passing)
    const attempt = (this.#tries.get(key) ?? 0) + 1
    this.#tries.set(key, attempt)
    const fault = chooseFault(SEED, key, attempt)
    // Most streams live for a while.
    if (!fault || (passing.path.startsWith('/api/stream') && attempt % 2 === 0)) return undefined
    const name = fault.kind.startsWith('status') ? `${fault.kind} ${fault.status}` : fault.kind
    this.#count(name)
    return fault
  }

  #count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
  }

  /** Plays the person who decides, and the server that answers what it should not. */
  #answered({ method, path, headers }: Passing, answer: Answer): Answer | undefined {
    if (method !== 'POST' || path !== '/api/actions' || answer.status >= 300) return undefined
    const call = headers['x-call'] ?? ''
    const roll = rolls(SEED, `${call} person`)
    const body = JSON.parse(String(answer.body)) as { action: Row; decision?: object }
    if (body.action.status === 'pending_approval') {
      const wish = roll()
      const { action_id } = body.action
      const decide = () => {
        try {
          if (wish < 0.6) this.#server.approve(action_id)
          else if (wish < 0.8) this.#server.deny(action_id)
        } catch (error) {
          // An agent that stopped waiting has cancelled it.
          if (!/not pending/.test(String(error))) throw error
        }
      }
      setTimeout(decide, roll() * 40)
    }
    const change = rolls(SEED, `${call} answer`)
    const which = change()
    if (which < 0.02) {
      this.#count('strange state')
      const action = { ...body.action, status: pick(STRANGE, change()) }
      return { ...answer, body: Buffer.from(JSON.stringify({ ...body, action })) }
    }
    if (which < 0.03) {
      this.#count('strange decision')
      const decision = { ...body.decision, decision: pick(['maybe', '', 'ALLOW', 7, null], change()) }
      return { ...answer, body: Buffer.from(JSON.stringify({ ...body, decision })) }
    }
    return undefined
  }

  /** The row as the server holds it, past the proxy. */
  async #row(id: string): Promise<Row | undefined> {
    const { fetch, baseUrl, requests } = this.#server
    const answer = await fetch(`${baseUrl}/api/actions/${id}`, { headers: { 'x-api-key': 'local' } })
    requests.length = 0
    return ((await answer.json()) as { action?: Row }).action
  }

  async #lane(lane: string, waves: number, wide: number, guardMode?: 'off'): Promise<void> {
    const roll = rolls(SEED, lane)
    const undelivered: Undelivered[] = []
    const claw = new DashClaw({
      baseUrl: this.#proxy.url,
      apiKey: 'local',
      agentId: `agent-${lane}`,
      headers: { 'x-lane': lane },
      timeout: TIMEOUT,
      maxRetries: 3,
      maxResponseBytes: 262_144,
      logger: false,
      guardMode: guardMode ?? pick(['off', 'off', 'warn', 'enforce'] as const, roll()),
      onGuardError: pick(['allow', 'block'] as const, roll()),
      hitlMode: pick(['off', 'wait'] as const, roll()),
      approvalTimeout: 1500,
      onUndelivered: (entry) => undelivered.push(entry),
    })
    const ended = new Map<string, string>()
    for (let wave = 0; wave < waves; wave++) {
      await Promise.all(Array.from({ length: wide }, (_, n) => this.#call(claw, `${lane}.${wave * wide + n}`, ended)))
    }
    const given = () => undelivered.filter(({ final }) => final)
    const check = this.#ledger.check.bind(this.#ledger)
    for (const [id, mark] of ended) {
      const there = async () =>
        !!(await this.#row(id))?.output_summary?.includes(mark) || given().some(({ what }) => what.endsWith(id))
      for (let tries = 0; tries < 20 && !(await there()); tries++) await claw.flush()
      check('no outcome is lost', await there(), () => `${mark} of ${id}`)
    }
    for (const { what, error } of given()) {
      const { status = 0 } = error as { status?: number }
      check('an outcome is given up only when it is refused', status >= 400 && status < 500, () => `${what}: ${error}`)
      this.refused++
    }
    await claw.close()
  }

  async #call(claw: DashClaw, call: string, ended: Map<string, string>): Promise<void> {
    const check = this.#ledger.check.bind(this.#ledger)
    const roll = rolls(SEED, call)
    const kind = pick(KINDS, roll())
    const goal = `goal ${call}`
    const mark = `mark<${call}>`
    const controller = new AbortController()
    const signal = kind === 'track aborted' ? controller.signal : this.#forever.signal
    const options = { headers: { 'x-call': call }, signal }
    const failure = new Error(mark)
    const stopped = new Error(`stopped ${call}`)
    const outcome: Outcome = { call, kind, end: 'value', ran: 0 }
    this.outcomes.push(outcome)

    const work = async ({ action }: { action: { action_id: string; status: string } }) => {
      outcome.ran++
      const row = await this.#row(action.action_id)
      check(
        'work runs only for an action of its own that the server let go on',
        row?.declared_goal === goal && row.status === 'running' && action.status === 'running',
        () => `${call} (${kind}): told ${JSON.stringify(action.status)}, stored ${JSON.stringify(row)}`,
      )
      if (kind === 'track that throws') throw failure
      ended.set(action.action_id, mark)
      return mark
    }
    const track = (action_type: string) => claw.track({ action_type, declared_goal: goal }, work, options)
    const created = async (id?: string) => {
      const answer = await claw.createAction({ action_type: 'build', declared_goal: goal, action_id: id }, options)
      check(
        'an acknowledged action is stored',
        (await this.#row(answer.action_id))?.declared_goal === goal,
        () => `${call}: ${answer.action_id}`,
      )
      return answer
    }
    const acts: Record<Outcome['kind'], () => Promise<unknown>> = {
      track: () => track('build'),
      'track that throws': () => track('build'),
      'track blocked': () => track('cleanup'),
      'track held': () => track('deploy'),
      'track aborted': () => track('build'),
      create: () => created(),
      'create with an id': () => created(`own_${call}`),
      'create and outcome': async () => {
        const { action_id } = await created()
        const answer = await claw.updateOutcome(action_id, { status: 'completed', output_summary: mark }, options)
        // What a proxy makes up comes out as it is; it acknowledges nothing.
        if (answer?.action?.action_id !== action_id) return
        const row = await this.#row(action_id)
        check(
          'an acknowledged outcome is stored',
          row?.output_summary === mark,
          () => `${call}: ${JSON.stringify(row)}`,
        )
      },
      read: () => claw.getAction('act_unknown', options),
      list: () => claw.getActions({ limit: 5 }, options),
      guard: () => claw.guard({ action_type: 'build' }, options),
    }
    if (kind === 'track aborted') setTimeout(() => controller.abort(stopped), roll() * 60)
    let deadline: ReturnType<typeof setTimeout> | undefined
    const never = new Promise<never>((_, reject) => {
      deadline = setTimeout(() => reject(new Error('NEVER')), 30_000)
    })
    let error: unknown
    try {
      const value = await Promise.race([acts[kind](), never])
      if (kind.startsWith('track')) {
        check('a result is what the work returned', value === mark && outcome.ran === 1, () => `${call}: ${value}`)
      }
    } catch (problem) {
      error = problem
      outcome.end = (problem as Error)?.name ?? String(problem)
    } finally {
      clearTimeout(deadline)
    }
    check('every call ends', (error as Error)?.message !== 'NEVER', () => `${call} (${kind})`)
    check(
      'an error is one of the SDK, or the caller’s own',
      error === undefined || isDashClawError(error) || error === failure || error === stopped,
      () => `${call} (${kind}): ${(error as Error)?.stack ?? error}`,
    )
    if (outcome.ran) {
      check(
        'who ran the work learns how it ended',
        kind === 'track that throws' ? error === failure : error === undefined,
        () => `${call} (${kind}): ${error}`,
      )
    }
    check('work never runs twice', outcome.ran <= 1, () => `${call} ran ${outcome.ran} times`)
    if (kind === 'track blocked') check('blocked work never runs', outcome.ran === 0, () => call)
    if (kind === 'track aborted') {
      check('no listener is left', getEventListeners(signal, 'abort').length === 0, () => call)
    }
  }

  /** What the server holds when all is over. */
  #inspect(): void {
    const check = this.#ledger.check.bind(this.#ledger)
    const goals = new Map<string, number>()
    for (const { declared_goal } of (this.#server.snapshot()['actions'] ?? []) as Row[]) {
      goals.set(declared_goal, (goals.get(declared_goal) ?? 0) + 1)
    }
    for (const [goal, times] of goals)
      check('no action is stored twice', times === 1, () => `${goal}: ${times} times (round ${this.#name})`)
    const listeners = getEventListeners(this.#forever.signal, 'abort').length
    check('no listener is left', listeners === 0, () => `${listeners} on the signal of all calls`)
  }
}
