import type { Flag, NumberText, Open } from '../core/types.ts'
import type { Recommendation } from '../governance/recommend.ts'

/** Input of {@link Learning.recordDecision}. */
export interface RecordDecisionInput {
  /** What was decided; at most 2,000 characters. */
  decision: string
  /** Who decided. Default: the client's agent. */
  agent_id?: string | null | undefined
  /** The circumstances, as a text; at most 5,000 characters. */
  context?: string | null | undefined
  /** Why; at most 5,000 characters. */
  reasoning?: string | null | undefined
  /** How it went; at most 200 characters. The statistics know `success` and `pending`. Default: `pending`. */
  outcome?: Open<'success' | 'failure' | 'pending'> | null | undefined
  /** Whole; 0 to 100 is meant, other numbers are stored as they are. Default: 50; the server stores 0 as 50. */
  confidence?: number | null | undefined
}

/** A decision as it is stored. */
export interface LearningDecision {
  /** Row number. */
  id: number
  org_id: string
  agent_id: string | null
  decision: string
  context: string | null
  reasoning: string | null
  outcome: Open<'success' | 'failure' | 'pending'>
  confidence: number
  /** The server's time when it was recorded, ISO 8601 in UTC. */
  timestamp: string
  created_at: string
}

/** A lesson as 2.0 servers keep it; no call writes one. */
export interface StoredLesson {
  id: number
  org_id: string
  agent_id: string | null
  lesson: string | null
  content: string | null
  /** 0 to 100. */
  confidence: number
  timestamp: string | null
  /** One text, such as tags with commas between them. */
  tags: string | null
  created_at: string
}

/** A lesson as newer servers make it of an active recommendation. */
export interface LearnedLesson {
  action_type: string
  /** 35 to 95. */
  confidence: number
  /** 0 to 1. */
  success_rate: number
  /** Only these two arrive in practice; {@link Learning.getRecommendations} has all hints. */
  hints: { prefer_reversible?: boolean; confidence_floor?: number | null; [hint: string]: unknown }
  guidance: string | null
  sample_size: number
}

/** Filters of {@link Learning.getLessons}. */
export interface LessonFilters {
  /** Default: the client's agent; null: all agents. 2.0 servers filter `decisions` by it, not the lessons. */
  agent_id?: string | null | undefined
  /** Newer servers only: 2.0 servers keep no action type with a lesson. */
  action_type?: string | undefined
  /** Whole. Default: 10 on newer servers, all on 2.0 servers, where the SDK cuts the list. */
  limit?: number | undefined
}

/** Answer of {@link Learning.getLessons} on newer servers. */
export interface LearnedLessons {
  /** Highest confidence first. */
  lessons: LearnedLesson[]
  /** The newest drift alerts of the agent that nobody acknowledged; at most 5. `z_score` has one decimal. */
  drift_warnings: { metric: string; severity: Open<'warning' | 'critical'>; z_score: NumberText; direction: string }[]
  agent_id: string | null
}

/** Answer of {@link Learning.getLessons} on 2.0 servers. */
export interface LearningPage {
  /** The newest 20. */
  decisions: LearningDecision[]
  /** Of the whole organization, highest confidence first. */
  lessons: StoredLesson[]
  stats: {
    /** Of the decisions above, so 20 at most. */
    totalDecisions: number
    totalLessons: number
    /** Whole percent of those with an outcome other than `pending`. */
    successRate: number
    /** Lessons with a confidence of 80 or more. */
    patterns: number
  }
  lastUpdated: string
}

/** A recommendation as it is stored. */
export interface StoredRecommendation extends Recommendation {
  org_id: string
  /** How many of the best episodes the hints come from. */
  top_sample_size: number
  /** Of all episodes, 0 to 1. */
  success_rate: number
  /** Of all episodes, 0 to 100. */
  avg_score: number
  active: boolean
  computed_at: string
  updated_at: string
}

/** Filters of {@link Learning.getRecommendationMetrics}. */
export interface RecommendationMetricsFilters {
  /** Default: the client's agent; null: all agents. */
  agent_id?: string | null | undefined
  action_type?: string | undefined
  /** Recommendations considered, 1 to 200; the server cuts other values. Default: 100 (50 for {@link Learning.getRecommendations}). */
  limit?: number | undefined
  /** Window of the metrics, 1 to 365 days; the server cuts other values. Default: 30. */
  lookback_days?: number | undefined
  /** Inactive ones too. Only for keys with role admin or service; ignored for others. */
  include_inactive?: boolean | undefined
}

/** Filters of {@link Learning.getRecommendations}. */
export interface RecommendationFilters extends RecommendationMetricsFilters {
  /** Lets the server count one `fetched` event a recommendation of an agent. Default: true. */
  track_events?: boolean | undefined
  /** Adds `metrics` to the answer. */
  include_metrics?: boolean | undefined
}

/** What became of episodes. */
export interface OutcomeSummary {
  total: number
  /** 0 to 1, like `failure_rate`. */
  success_rate: number
  failure_rate: number
  avg_score: number
  /** A missing duration counts as 0. */
  avg_duration_ms: number
  /** US dollars; a missing cost counts as 0. */
  avg_cost_estimate: number
}

/** Whether one recommendation is followed, and what that changed. */
export interface RecommendationMetric {
  recommendation_id: string
  agent_id: string
  action_type: string
  active: boolean
  confidence: number
  sample_size: number
  /** Events of the window. `adoption_rate` is applied per fetched; without a fetch, per applied or overridden. */
  telemetry: { fetched: number; applied: number; overridden: number; outcomes: number; adoption_rate: number }
  /** Episodes of the window that followed it, and those of the same agent and type that did not. */
  outcomes: { applied: OutcomeSummary; baseline: OutcomeSummary }
  /** Applied against baseline. With no applied episode its side counts as zero, so the lift looks negative. */
  deltas: { success_lift: number; failure_reduction: number; latency_delta_ms: number; cost_delta_estimate: number }
}

/** Metrics of recommendations and their averages. */
export interface RecommendationMetrics {
  metrics: RecommendationMetric[]
  summary: {
    total_recommendations: number
    active_recommendations: number
    avg_adoption_rate: number
    avg_success_lift: number
  }
}

/** Answer of {@link Learning.getRecommendations}. */
export interface RecommendationList {
  /** Highest confidence first, then the largest sample. */
  recommendations: StoredRecommendation[]
  /** Only with `include_metrics`. */
  metrics?: RecommendationMetrics | null
  lookback_days: number
  total: number
  /** True on an installation without the learning tables. */
  schema_missing?: boolean
  lastUpdated: string
}

/** Kinds of recommendation events. */
export type RecommendationEventType = 'fetched' | 'applied' | 'overridden' | 'outcome'

/** One event for {@link Learning.recordRecommendationEvents}. Fields that are null are left out, since the server refuses null. */
export interface RecommendationEventInput {
  event_type: Open<RecommendationEventType>
  /** `lrec_…`; not checked for existence. At most 128 characters. */
  recommendation_id?: string | null | undefined
  /** Not filled in from the client. At most 128 characters. */
  agent_id?: string | null | undefined
  /** At most 128 characters. */
  action_id?: string | null | undefined
  /** Key of your own, at most 200 characters: a second event of the organization with it is dropped without an error. */
  event_key?: string | null | undefined
  /** Default: `{}`. */
  details?: Record<string, unknown> | null | undefined
}

/** An event as it is stored. */
export interface RecommendationEvent {
  /** `lrev_…`. */
  id: string
  org_id: string
  recommendation_id: string | null
  agent_id: string | null
  action_id: string | null
  event_type: Open<RecommendationEventType>
  event_key: string | null
  details: Record<string, unknown>
  created_at: string
}

/** Input of {@link Learning.rebuildRecommendations}. Fields that are null are left out, since the server refuses null. */
export interface RebuildRecommendationsInput {
  /** Limits the rebuild, and the deletion before it, to one agent. Default: the client's; null: the whole organization. */
  agent_id?: string | null | undefined
  /** Limits the rebuild to one action type. */
  action_type?: string | null | undefined
  /** Episodes that were scored in this many days, 1 to 365. Default: 30. */
  lookback_days?: number | null | undefined
  /** Episodes that a recommendation needs, 2 to 100. Default: 5. */
  min_samples?: number | null | undefined
  /** How many of the newest episodes are read, 100 to 10,000. Default: 5,000. */
  episode_limit?: number | null | undefined
  /** An action to score first; one that is unknown gives `scored_episode: null`. */
  action_id?: string | null | undefined
}

/** An action as it was scored. */
export interface LearningEpisode {
  /** `lep_…`. */
  id: string
  org_id: string
  action_id: string
  agent_id: string
  action_type: string
  status: string | null
  outcome_label: Open<'success' | 'failure' | 'pending'>
  risk_score: number
  reversible: Flag
  confidence: number
  duration_ms: number | null
  /** US dollars. */
  cost_estimate: number
  invalidated_assumptions: number
  open_loops: number
  recommendation_id: string | null
  recommendation_applied: boolean
  /** Whole, 0 to 100. */
  score: number
  /** What the score is the sum of, before it is cut to 0 to 100. */
  score_breakdown: Record<
    | 'base'
    | 'status'
    | 'risk'
    | 'reversibility'
    | 'duration'
    | 'cost'
    | 'confidence'
    | 'invalidated_assumptions'
    | 'open_loops',
    number
  >
  /** Start of the action; kept when it is scored again. */
  created_at: string
  /** When it was scored. */
  updated_at: string
}

/** Answer of {@link Learning.rebuildRecommendations}. */
export interface RebuiltRecommendations {
  scored_episode: LearningEpisode | null
  episodes_scanned: number
  /** The new ones, highest confidence first. */
  recommendations: StoredRecommendation[]
  total: number
  rebuilt_at: string
}

/** How far an agent has come. */
export type MaturityName = 'novice' | 'developing' | 'competent' | 'proficient' | 'expert' | 'master'

/** Input of {@link Learning.computeLearningVelocity} and {@link Learning.computeLearningCurves}. */
export interface LearningWindowInput {
  /** One agent. Default: up to 50 agents of the organization. */
  agent_id?: string | null | undefined
  /** Days; 0 means the default: 30 for the velocity, 60 for the curves. */
  lookback_days?: number | null | undefined
}

/** How fast an agent gets better: numbers over windows of one day or week; those of a rate or slope have 3 decimals. */
export interface LearningPace {
  agent_id: string
  episode_count: number
  avg_score: number
  /** Successes of all episodes, pending ones too; 0 to 1. */
  success_rate: number
  /** Average of the last window minus that of the first. */
  score_delta: number
  /** Slope of the window averages: points a window. */
  velocity: number
  /** Slope of the second half minus slope of the first; 0 with fewer than 3 windows. */
  acceleration: number
}

/** A velocity as it was just computed. */
export interface ComputedVelocity extends LearningPace {
  maturity: { level: Open<MaturityName>; score: number }
  /** Windows with episodes. */
  windows: number
}

/** A velocity as it is stored. */
export interface LearningVelocity extends LearningPace {
  /** `lv_…`. */
  id: string
  org_id: string
  period: Open<'daily' | 'weekly'>
  /** Time of the first episode. */
  period_start: string
  period_end: string
  maturity_score: number
  maturity_level: Open<MaturityName>
  created_at: string
}

/** Filters of {@link Learning.getLearningCurves}. */
export interface LearningCurveFilters {
  agent_id?: string | undefined
  /** The server applies it together with `agent_id`; alone, the SDK filters the newest 200 windows by it. */
  action_type?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
}

/** One week of a learning curve. */
export interface LearningCurve {
  /** `lc_…`. */
  id: string
  org_id: string
  agent_id: string
  action_type: string
  window_start: string
  /** 7 days after the start; may lie in the future. */
  window_end: string
  episode_count: number
  avg_score: number
  /** 0 to 1. */
  success_rate: number
  /** Of durations above 0, else 0. */
  avg_duration_ms: number
  /** Of costs above 0, else 0; US dollars. */
  avg_cost: number
  p25_score: number
  p75_score: number
  created_at: string
}

/** Counts of a group of episodes. */
export interface EpisodeCounts {
  success_count: NumberText
  failure_count: NumberText
  /** Successes of those that succeeded or failed, 0 to 1; a number, unlike the counts. */
  success_rate: number
}

/** Answer of {@link Learning.getLearningAnalyticsSummary}. */
export interface LearningSummary {
  overall: EpisodeCounts & {
    total_episodes: NumberText
    avg_score: NumberText | null
    pending_count: NumberText
    avg_duration_ms: NumberText | null
    /** US dollars. */
    total_cost: NumberText | null
  }
  /** The 10 agents with most episodes. The velocity is null, the level `unknown`, until one was computed. */
  by_agent: (EpisodeCounts & {
    agent_id: string
    episode_count: NumberText
    avg_score: NumberText
    avg_duration_ms: NumberText | null
    total_cost: NumberText | null
    velocity: number | null
    acceleration: number | null
    maturity_level: Open<MaturityName | 'unknown'>
    maturity_score: number
  })[]
  /** The 15 types with most episodes. */
  by_action_type: (EpisodeCounts & { action_type: string; episode_count: NumberText; avg_score: NumberText })[]
  recommendations: {
    total_recommendations: NumberText
    active_recommendations: NumberText
    avg_success_rate: NumberText | null
    avg_rec_score: NumberText | null
    avg_confidence: NumberText | null
  }
  /** The newest row of each agent. */
  velocity: Pick<
    LearningVelocity,
    'agent_id' | 'velocity' | 'acceleration' | 'maturity_score' | 'maturity_level' | 'score_delta' | 'created_at'
  >[]
}

/** What a level of maturity asks for: the highest level of which an agent meets all three counts. */
export interface MaturityLevel {
  level: Open<MaturityName>
  min_episodes: number
  /** 0 to 1. */
  min_success_rate: number
  /** 0 to 100. */
  min_avg_score: number
}
