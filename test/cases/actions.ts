import { expect } from 'vitest'
import type { DomainCases } from '../support/cases.ts'

const action = { action_id: 'act_1', status: 'running', verified: false }
const created = { action, action_id: 'act_1', decision: { decision: 'allow' }, security: { clean: true } }
const every = {
  agent_id: 'a',
  agent_name: 'A',
  swarm_id: 's',
  action_type: 'deploy',
  declared_goal: 'Ship',
  action_id: 'act_1',
  parent_action_id: 'act_0',
  reasoning: 'r',
  authorization_scope: 'scope',
  trigger: 't',
  systems_touched: ['db'],
  input_summary: 'i',
  status: 'running',
  reversible: false,
  risk_score: 10,
  confidence: 0,
  recommendation_id: 'lrec_1',
  recommendation_applied: true,
  recommendation_override_reason: 'o',
  output_summary: 'out',
  side_effects: ['e'],
  artifacts_created: ['f'],
  error_message: 'err',
  timestamp_start: '2026-01-01T00:00:00.000Z',
  timestamp_end: '2026-01-01T00:00:01.000Z',
  duration_ms: 1000,
  cost_estimate: 0.5,
}
const outcome = {
  status: 'completed',
  output_summary: 'out',
  side_effects: ['e'],
  artifacts_created: ['f'],
  error_message: 'err',
  timestamp_end: '2026-01-01T00:00:01.000Z',
  duration_ms: 1000,
  cost_estimate: 0.5,
}
const goal = { action_type: 'build', declared_goal: 'g' }
const run = () => 'result'

export default {
  domain: 'actions',
  cases: [
    {
      method: 'createAction',
      required: {
        args: [{ ...goal, action_id: 'act_1' }],
        sends: { method: 'POST', path: '/api/actions', body: { ...goal, action_id: 'act_1', agent_id: 'agent-x' } },
        answers: [created],
        resolves: created,
      },
      all: { args: [every], sends: { method: 'POST', path: '/api/actions', body: every }, answers: [created] },
      bad: [
        { args: [{ declared_goal: 'g' }], names: 'action_type' },
        { args: [{ action_type: 'build' }], names: 'declared_goal' },
        { args: [{ ...goal, reversible: 1 }], names: 'reversible' },
        { args: [{ ...goal, timestamp_start: 'soon' }], names: 'timestamp_start' },
      ],
      passes: [
        [{ ...goal, declared_goal: 'x'.repeat(2001) }],
        [{ ...goal, risk_score: 1.5 }],
        [{ ...goal, risk_score: -1 }],
        [{ ...goal, confidence: '50' }],
        [{ ...goal, status: 'done' }],
        [{ ...goal, systems_touched: Array(51).fill('x') }],
        [{ ...goal, duration_ms: 2 ** 31 }],
        [{ ...goal, cost_estimate: -0.1 }],
      ],
    },
    {
      method: 'updateOutcome',
      required: {
        args: ['act/1', { status: 'completed', timestamp_end: '2026-01-01T00:00:00.000Z' }],
        sends: {
          method: 'PATCH',
          path: '/api/actions/act%2F1',
          body: { status: 'completed', timestamp_end: '2026-01-01T00:00:00.000Z' },
        },
        answers: [{ action, security: {} }],
      },
      all: {
        args: ['act_1', outcome],
        sends: { method: 'PATCH', path: '/api/actions/act_1', body: outcome },
        answers: [{ action }],
      },
      bad: [
        { args: ['', {}], names: 'action_id' },
        { args: ['..', {}], names: 'action_id' },
        { args: ['act_1', { side_effects: 'none' }], names: 'side_effects' },
        { args: ['act_1', { timestamp_end: 'later' }], names: 'timestamp_end' },
      ],
      passes: [
        ['act_1', { status: 'ok' }],
        ['act_1', { duration_ms: 0.5 }],
      ],
    },
    {
      method: 'getActions',
      required: { args: [], sends: { method: 'GET', path: '/api/actions' }, answers: [{ actions: [], total: 0 }] },
      all: {
        args: [
          {
            agent_id: 'a',
            swarm_id: 's',
            status: 'completed',
            action_type: 'build',
            risk_min: 0,
            limit: 20,
            offset: 40,
          },
        ],
        sends: {
          method: 'GET',
          path: '/api/actions',
          query: {
            agent_id: 'a',
            swarm_id: 's',
            status: 'completed',
            action_type: 'build',
            risk_min: '0',
            limit: '20',
            offset: '40',
          },
        },
      },
      bad: [
        { args: [{ risk_min: 'high' }], names: 'risk_min' },
        { args: [{ status: ['a'] }], names: 'status' },
      ],
      passes: [[{ limit: 0 }], [{ limit: 2.5 }], [{ offset: -1 }]],
    },
    {
      method: 'getAction',
      required: { args: ['act_1'], sends: { method: 'GET', path: '/api/actions/act_1' } },
      bad: [
        { args: [''], names: 'action_id' },
        { args: [undefined], names: 'action_id' },
        { args: [5], names: 'action_id' },
      ],
    },
    {
      method: 'getActionTrace',
      required: { args: ['act_1'], sends: { method: 'GET', path: '/api/actions/act_1/trace' } },
      bad: [{ args: ['.'], names: 'action_id' }],
    },
    {
      method: 'track',
      required: {
        args: [{ ...goal, action_id: 'act_1' }, run],
        sends: [
          { method: 'POST', path: '/api/actions', body: { ...goal, action_id: 'act_1', agent_id: 'agent-x' } },
          {
            method: 'PATCH',
            path: '/api/actions/act_1',
            body: {
              status: 'completed',
              output_summary: 'result',
              timestamp_end: expect.any(String),
              duration_ms: expect.any(Number),
            },
          },
        ],
        answers: [created, { action }],
      },
      all: {
        args: [every, run],
        sends: [
          { method: 'POST', path: '/api/actions', body: every },
          {
            method: 'PATCH',
            path: '/api/actions/act_1',
            body: {
              status: 'completed',
              output_summary: 'result',
              timestamp_end: expect.any(String),
              duration_ms: expect.any(Number),
            },
          },
        ],
        answers: [created, { action }],
      },
      bad: [
        { args: [{ declared_goal: 'g' }, run], names: 'action_type' },
        { args: [goal], names: 'fn' },
      ],
    },
    {
      method: 'getSignals',
      required: { args: [], sends: { method: 'GET', path: '/api/actions/signals' } },
      all: {
        args: [{ agent_id: 'a' }],
        sends: { method: 'GET', path: '/api/actions/signals', query: { agent_id: 'a' } },
      },
      bad: [{ args: ['a'], names: 'input' }],
    },
    {
      method: 'deleteActions',
      required: {
        args: [{ action_id: 'act_1' }],
        sends: { method: 'DELETE', path: '/api/actions', query: { action_id: 'act_1' } },
      },
      all: {
        args: [{ action_id: 'act_1', before: new Date(0), agent_id: 'a', status: 'failed' }],
        sends: {
          method: 'DELETE',
          path: '/api/actions',
          query: { action_id: 'act_1', before: '1970-01-01T00:00:00.000Z', agent_id: 'a', status: 'failed' },
        },
      },
      bad: [{ args: [{ before: 'last week' }], names: 'before' }],
    },
  ],
  recordings: {
    track: { skip: 'two calls, which the table of methods and its own tests cover' },
    'createAction: status pending given by the caller': {
      skip: 'the SDK sends pending_approval, the word of the approval queue',
    },
    'createAction: no content-type header': { skip: 'the SDK always names the content type of a body' },
    'createAction: timestamp_start that is not a date is accepted': {
      skip: 'the SDK refuses what makes later queries of the server fail',
    },
    'actionContext.sendMessage': { skip: 'a call of the context, which has its own tests' },
    'actionContext.recordAssumption': { skip: 'a call of the context, which has its own tests' },
    'actionContext.updateOutcome': { skip: 'a call of the context, which has its own tests' },
  },
} satisfies DomainCases
