import { FRAMEWORKS, type FrameworkText } from './compliance-frameworks.ts'
import { type ConvertedPolicy, glob } from './policy-tests.ts'

export type Status = 'covered' | 'partial' | 'gap'
export type Risk = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL'

interface Mapping {
  pattern: string
  tools: string[]
  coverage: string
}

export interface MappedControl {
  control_id: string
  title: string
  category: string
  description: string
  agent_relevance: string
  status: Status
  matched_policies: { policy_id: string; policy_description: string; mapping_coverage: string; rationale: string }[]
  gap_recommendations: string[]
}

export interface FrameworkMap {
  framework: string
  framework_version: string
  project: string
  generated_at: string
  summary: { total_controls: number; covered: number; partial: number; gaps: number; coverage_percentage: number }
  controls: MappedControl[]
}

/** The ids of all frameworks, sorted. */
export const frameworkIds = (): string[] => FRAMEWORKS.map(([id]) => id)

export const findFramework = (id: string): FrameworkText | undefined => FRAMEWORKS.find(([known]) => known === id)?.[1]

const PATTERNS: Record<string, (policy: ConvertedPolicy) => boolean> = {
  block: ({ rule }) => rule['block'] === true,
  require_approval: ({ rule }) => rule['require'] === 'approval',
  allowlist: ({ rule }) => Array.isArray(rule['allowlist']),
  any_active_policy: () => true,
}

function matches({ pattern, tools }: Mapping, policy: ConvertedPolicy): boolean {
  const holds = PATTERNS[pattern]?.(policy) ?? policy.rule['_dashclaw_type'] === pattern
  return holds && tools.some((tool) => tool === '*' || policy.applies_to.tools.some((own) => fits(tool, own)))
}

const fits = (tool: string, own: string) => glob(tool, own) || glob(own, tool)

const WAYS: Record<string, (actions: string) => string> = {
  block: (actions) => `blocks ${actions}`,
  require_approval: (actions) => `asks a person about ${actions}`,
  allowlist: (actions) => `allows only what is listed of ${actions}`,
  rate_limit: () => 'limits how often an agent acts',
  risk_threshold: () => 'stops actions of high risk',
  dry_run: () => 'has actions tried out first',
  any_active_policy: () => 'is checked before every action',
}

const way = ({ pattern, tools }: Mapping): string =>
  WAYS[pattern]!(tools.includes('*') ? 'all actions' : tools.join(', '))

/** What to do about a control: a policy a mapping first, then what helps any control. */
function recommendations(title: string, mappings: readonly Mapping[], count: number): string[] {
  const policies = mappings.map((mapping) =>
    mapping.pattern === 'any_active_policy'
      ? 'Keep at least one policy active and decisions logged.'
      : `Add a policy that ${way(mapping)}.`,
  )
  return [
    ...policies,
    `Name a person who answers for ${title}.`,
    'Run the tests of your policies after every change.',
    'Review what the guard decided every month.',
    'Keep an export of this report for auditors.',
  ].slice(0, count)
}

/** Maps policies to the controls of a framework. */
export function mapFramework(
  framework: FrameworkText,
  policies: readonly ConvertedPolicy[],
  project: string,
  now: string,
): FrameworkMap {
  const controls = framework.controls.map((line): MappedControl => {
    const [control_id = '', title = '', category = '', agent_relevance = '', count, rest = ''] = line.split('|')
    // A control may have no mapping: then no policy serves it.
    const mappings = (rest ? rest.split(';') : []).map((text): Mapping => {
      const [pattern = '', tools = '', coverage = ''] = text.split(' ')
      return { pattern, tools: tools.split(','), coverage }
    })
    const matched = mappings.flatMap((mapping) =>
      policies
        .filter((policy) => matches(mapping, policy))
        .map(({ id, description }) => ({
          policy_id: id,
          policy_description: description,
          mapping_coverage: mapping.coverage,
          rationale: `A policy that ${way(mapping)} serves this control.`,
        })),
    )
    const full = matched.some(({ mapping_coverage }) => mapping_coverage === 'full')
    const status = full ? 'covered' : matched.length ? 'partial' : 'gap'
    return {
      control_id,
      title,
      category,
      description: `${framework.name} ${control_id}, ${title}, for what agents do.`,
      agent_relevance,
      status,
      matched_policies: matched,
      gap_recommendations: full ? [] : recommendations(title, mappings, Number(count)),
    }
  })
  const count = (status: Status) => controls.filter((control) => control.status === status).length
  const [covered, partial, gaps] = [count('covered'), count('partial'), count('gap')]
  return {
    framework: framework.name,
    framework_version: framework.version,
    project,
    generated_at: now,
    summary: {
      total_controls: controls.length,
      covered,
      partial,
      gaps,
      coverage_percentage: Math.round(((covered + partial / 2) / controls.length) * 100),
    },
    controls,
  }
}

/** The risk that a coverage in percent leaves. */
export function riskOf(coverage: number): Risk {
  return coverage >= 80 ? 'LOW' : coverage >= 60 ? 'MEDIUM' : coverage >= 40 ? 'HIGH' : 'CRITICAL'
}

const RELEVANCE = ['critical', 'high', 'medium', 'low']
const EFFORTS: readonly (readonly [least: number, text: string])[] = [
  [1, '1-2 hours'],
  [2, '2-4 hours'],
  [4, '4-8 hours'],
  [8, '8-16 hours'],
]

const NARRATIVES: Record<Risk, string> = {
  LOW: 'most of what agents do is governed',
  MEDIUM: 'the larger part is governed, and some controls stay open',
  HIGH: 'about half of the controls are open',
  CRITICAL: 'most controls are open',
}

/** Finds what is open, most relevant first. */
export function analyze({ framework, generated_at, summary, controls }: FrameworkMap) {
  const rank = ({ agent_relevance }: MappedControl) => RELEVANCE.indexOf(agent_relevance)
  const open = [
    ...controls.filter(({ status }) => status === 'gap'),
    ...controls.filter(({ status }) => status === 'partial'),
  ].sort((a, b) => rank(a) - rank(b))
  let hours = 0
  const remediation_plan = open.map((control, at) => {
    const [least, estimated_effort] = EFFORTS[Math.min(Math.max(control.gap_recommendations.length, 1), 4) - 1]!
    hours += least
    return {
      priority: at + 1,
      control_id: control.control_id,
      title: control.title,
      status: control.status,
      agent_relevance: control.agent_relevance,
      recommendations: control.gap_recommendations,
      estimated_effort,
    }
  })
  const gaps = (relevance: string) =>
    controls.filter(({ status, agent_relevance }) => status === 'gap' && agent_relevance === relevance)
  const risk = riskOf(summary.coverage_percentage)
  return {
    framework,
    analysis_date: generated_at,
    summary: {
      ...summary,
      critical_gaps: gaps('critical').length,
      high_gaps: gaps('high').length,
      total_remediation_items: remediation_plan.length,
      estimated_total_effort: `${hours}-${Math.round(1.5 * hours)} hours`,
    },
    remediation_plan,
    quick_wins: remediation_plan.filter(({ estimated_effort }) => Number.parseInt(estimated_effort, 10) <= 2),
    risk_assessment: {
      overall_risk: risk,
      narrative: `The active policies cover ${summary.coverage_percentage}% of ${framework}: ${NARRATIVES[risk]}.`,
      immediate_actions: gaps('critical').map(
        ({ control_id, title, gap_recommendations: [first] }) =>
          `Address ${control_id} (${title}): ${first ?? 'Review and remediate.'}`,
      ),
    },
  }
}
