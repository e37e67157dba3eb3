/**
 * What the declarations cost a consumer's `tsc`: a program that calls 20 methods over one that imports nothing, both with
 * the DOM library and `skipLibCheck`, in turns. `node bench/types.mjs [rounds] [folder of a typescript]` prints the ratio.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const rounds = Number(process.argv[2] ?? 15)
const compiler = process.argv[3] ?? dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
const folder = mkdtempSync(join(tmpdir(), 'dashclaw-tsc-'))

const calls = `
const action = { action_type: 'deploy', declared_goal: 'Ship' } as const
export async function main() {
  const { action_id } = await claw.createAction(action)
  await claw.updateOutcome(action_id, { status: 'completed', duration_ms: 5 })
  const { actions } = await claw.getActions({ status: 'completed', limit: 20 })
  const one = await claw.getAction(action_id)
  await claw.getActionTrace(action_id)
  const value = await claw.track(action, () => 42)
  await claw.getSignals()
  await claw.waitForApproval(action_id, { timeout: 1000 })
  await claw.approveAction(action_id, { decision: 'allow' })
  await claw.getPendingApprovals({ limit: 5 })
  const { decision } = await claw.guard({ action_type: 'api' })
  await claw.listPolicies()
  const { loop } = await claw.registerOpenLoop({ action_id, loop_type: 'followup', description: 'd' })
  await claw.resolveOpenLoop(loop.id, { status: 'resolved' })
  await claw.registerAssumption({ action_id, assumption: 'a' })
  await claw.heartbeat()
  const { messages } = await claw.getInbox({ unread: true })
  await claw.sendMessage({ to: 'other', body: 'b' })
  await claw.createHandoff({ summary: 's' })
  await claw.reportTokenUsage({ tokens_in: 1, tokens_out: 1 })
  return [actions.length, one.action.status, value, decision, messages.length]
}
`
const programs = {
  empty: 'export async function main() { return [1, "2", 3, "4", 5] }\n',
  consumer: `import { DashClaw } from 'dashclaw'\nconst claw = new DashClaw({ agentId: 'a' })\n${calls}`,
}

const target = join(folder, 'node_modules/dashclaw')
mkdirSync(target, { recursive: true })
cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true })
cpSync(join(root, 'package.json'), join(target, 'package.json'))
for (const [name, text] of Object.entries(programs)) {
  writeFileSync(join(folder, `${name}.ts`), text)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    module: 'esnext',
    moduleResolution: 'bundler',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }))
}

/** Milliseconds of one run. */
function run(name) {
  const start = performance.now()
  execFileSync(process.execPath, [join(compiler, 'bin/tsc'), '-p', join(folder, `${name}.json`)], { stdio: 'inherit' })
  return performance.now() - start
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const times = { empty: [], consumer: [] }
run('empty')
run('consumer')
for (let round = 0; round < rounds; round++) {
  // Turns, and each the first one half of the time.
  for (const name of round % 2 ? ['consumer', 'empty'] : ['empty', 'consumer']) times[name].push(run(name))
}
const ratios = times.consumer.map((time, at) => time / times.empty[at])
const { version } = createRequire(import.meta.url)(join(compiler, 'package.json'))
console.table([
  {
    typescript: version,
    'empty, ms': Math.round(median(times.empty)),
    'consumer, ms': Math.round(median(times.consumer)),
    ratio: median(ratios).toFixed(2),
    min: Math.min(...ratios).toFixed(2),
    max: Math.max(...ratios).toFixed(2),
  },
])
rmSync(folder, { recursive: true, force: true })
