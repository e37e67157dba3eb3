import type { GuardFields } from './guard-terms.ts'

const BASE_RISK: Record<string, number> = {
  security: 80,
  deploy: 75,
  migrate: 70,
  apply: 60,
  sync: 40,
  api: 35,
  config: 30,
  cleanup: 30,
  build: 25,
  post: 25,
  test: 15,
  message: 15,
  monitor: 10,
  alert: 10,
  calendar: 10,
  research: 10,
  review: 10,
}

/** The risk that newer servers compute from an action by themselves. */
export function computedRisk({ action_type, reversible, systems_touched, declared_goal }: GuardFields): number {
  let score = Object.hasOwn(BASE_RISK, action_type) ? BASE_RISK[action_type]! : 20
  if (reversible === false) score += 15
  const systems = (Array.isArray(systems_touched) ? systems_touched : []).map((system) => String(system).toLowerCase())
  if (systems.some((system) => ['production', 'database', 'postgres', 'neon', 'redis'].includes(system))) score += 10
  if (systems.some((system) => ['filesystem', 'shell'].includes(system))) score += 5
  const goal = String(declared_goal ?? '').toLowerCase()
  const mentions = (...words: string[]) => words.some((word) => goal.includes(word))
  if (mentions('rm -rf', 'drop table', 'delete from', 'truncate', 'format', 'wipe')) score += 20
  if (mentions('push', 'deploy', 'release', 'ship', 'migrate')) score += 10
  if (mentions('secret', 'credential', 'password', 'token', 'key', '.env')) score += 15
  return Math.min(100, Math.max(0, score))
}
