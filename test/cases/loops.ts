import type { DomainCases } from '../support/cases.ts'

const long = 'x'.repeat(2001)

export default {
  domain: 'loops',
  cases: [
    {
      method: 'registerOpenLoop',
      required: {
        args: [{ action_id: 'act_1', loop_type: 'followup', description: 'Check the logs' }],
        sends: {
          method: 'POST',
          path: '/api/actions/loops',
          body: { action_id: 'act_1', loop_type: 'followup', description: 'Check the logs' },
        },
        answers: [{ loop: { id: 7, loop_id: 'loop_1' }, loop_id: 'loop_1' }],
        resolves: { loop: { id: 'loop_1', row_id: 7, loop_id: 'loop_1' }, loop_id: 'loop_1' },
      },
      all: {
        args: [
          {
            action_id: 'act_1',
            loop_type: 'review',
            description: 'd',
            loop_id: 'loop_9',
            priority: 'high',
            owner: 'ops',
            status: 'open',
            resolution: 'r',
          },
        ],
        sends: {
          method: 'POST',
          path: '/api/actions/loops',
          body: {
            action_id: 'act_1',
            loop_type: 'review',
            description: 'd',
            loop_id: 'loop_9',
            priority: 'high',
            owner: 'ops',
            status: 'open',
            resolution: 'r',
          },
        },
        answers: [{ loop: { id: 7, loop_id: 'loop_9' }, loop_id: 'loop_9' }],
      },
      bad: [{ args: [{ loop_type: 'followup', description: 'd' }], names: 'action_id' }],
      passes: [
        [{ action_id: 'act_1', loop_type: 'nope', description: 'd' }],
        [{ action_id: 'act_1', loop_type: 'review', description: long }],
        [{ action_id: 'act_1', loop_type: 'review', description: 'd', priority: 'urgent' }],
      ],
    },
    {
      method: 'resolveOpenLoop',
      required: {
        args: ['loop_1', { status: 'resolved' }],
        sends: {
          method: 'PATCH',
          path: '/api/actions/loops/loop_1',
          body: { status: 'resolved', resolution: 'Resolved' },
        },
        answers: [{ loop: { id: 7, loop_id: 'loop_1' } }],
        resolves: { loop: { id: 'loop_1', row_id: 7 } },
      },
      all: {
        args: ['loop_1', { status: 'cancelled', resolution: 'Not needed' }],
        sends: {
          method: 'PATCH',
          path: '/api/actions/loops/loop_1',
          body: { status: 'cancelled', resolution: 'Not needed' },
        },
        answers: [{ loop: { id: 7, loop_id: 'loop_1' } }],
      },
      bad: [
        { args: ['', { status: 'resolved' }], names: 'loop_id' },
        { args: ['..', { status: 'resolved' }], names: 'loop_id' },
        { args: ['loop_1', {}], names: 'status' },
      ],
      passes: [
        ['loop_1', { status: 'open' }],
        ['loop_1', { status: 'resolved', resolution: long }],
      ],
    },
    {
      method: 'getOpenLoops',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/actions/loops' },
        answers: [{ loops: [], total: 0 }],
      },
      all: {
        args: [{ status: 'open', loop_type: 'review', priority: 'low', agent_id: 'a', limit: 5, offset: 1 }],
        sends: {
          method: 'GET',
          path: '/api/actions/loops',
          query: { status: 'open', loop_type: 'review', priority: 'low', limit: '200', offset: '0' },
        },
        answers: [
          {
            loops: [
              { id: 1, loop_id: 'l1', agent_id: 'a' },
              { id: 2, loop_id: 'l2', agent_id: 'b' },
              { id: 3, loop_id: 'l3', agent_id: 'a' },
            ],
            total: 3,
          },
        ],
        resolves: { loops: [{ id: 'l3', row_id: 3 }], total: 2 },
      },
      bad: [],
      passes: [[{ status: 'closed' }], [{ limit: 1.5 }], [{ offset: -1 }]],
    },
    {
      method: 'getOpenLoop',
      required: {
        args: ['loop 1'],
        sends: { method: 'GET', path: '/api/actions/loops/loop%201' },
        answers: [{ loop: { id: 4, loop_id: 'loop 1' } }],
        resolves: { loop: { id: 'loop 1', row_id: 4 } },
      },
      bad: [{ args: [''], names: 'loop_id' }],
    },
    ...['registerAssumption', 'recordAssumption'].map((method) => ({
      method,
      required: {
        args: [{ action_id: 'act_1', assumption: 'It is idle' }],
        sends: {
          method: 'POST',
          path: '/api/actions/assumptions',
          body: { action_id: 'act_1', assumption: 'It is idle' },
        },
        answers: [{ assumption: { id: 3, assumption_id: 'asm_1' }, assumption_id: 'asm_1' }],
        resolves: { assumption: { id: 'asm_1', row_id: 3 } },
      },
      all: {
        args: [
          {
            action_id: 'act_1',
            assumption: 'a',
            basis: 'b',
            assumption_id: 'asm_9',
            validated: true,
            invalidated: false,
            invalidated_reason: 'r',
          },
        ],
        sends: {
          method: 'POST',
          path: '/api/actions/assumptions',
          body: {
            action_id: 'act_1',
            assumption: 'a',
            basis: 'b',
            assumption_id: 'asm_9',
            validated: true,
            invalidated: false,
            invalidated_reason: 'r',
          },
        },
        answers: [{ assumption: { id: 3, assumption_id: 'asm_9' } }],
      },
      bad: [
        { args: [{ assumption: 'a' }], names: 'action_id' },
        { args: [{ action_id: 'act_1' }], names: 'assumption' },
        { args: [{ action_id: 'act_1', assumption: 'a', validated: 'yes' }], names: 'validated' },
      ],
      passes: [[{ action_id: 'act_1', assumption: long }]],
    })),
    {
      method: 'getAssumption',
      required: {
        args: ['asm_1'],
        sends: { method: 'GET', path: '/api/actions/assumptions/asm_1' },
        answers: [{ assumption: { id: 3, assumption_id: 'asm_1' } }],
        resolves: { assumption: { id: 'asm_1', row_id: 3 } },
      },
      bad: [{ args: ['.'], names: 'assumption_id' }],
    },
    {
      method: 'validateAssumption',
      required: {
        args: ['asm_1', { validated: false }],
        sends: {
          method: 'PATCH',
          path: '/api/actions/assumptions/asm_1',
          body: { validated: false, invalidated_reason: 'Invalidated' },
        },
        answers: [{ assumption: { id: 3, assumption_id: 'asm_1' } }],
        resolves: { assumption: { id: 'asm_1' } },
      },
      all: {
        args: ['asm_1', { validated: false, invalidated_reason: 'The importer writes' }],
        sends: {
          method: 'PATCH',
          path: '/api/actions/assumptions/asm_1',
          body: { validated: false, invalidated_reason: 'The importer writes' },
        },
        answers: [{ assumption: { id: 3, assumption_id: 'asm_1' } }],
      },
      bad: [
        { args: ['', { validated: true }], names: 'assumption_id' },
        { args: ['asm_1', {}], names: 'validated' },
        { args: ['asm_1', { validated: 'true' }], names: 'validated' },
      ],
      passes: [['asm_1', { validated: false, invalidated_reason: long }]],
    },
    {
      method: 'getDriftReport',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/actions/assumptions', query: { drift: 'true' } },
        answers: [
          {
            assumptions: [
              { id: 1, assumption_id: 'a1', invalidated: 1 },
              { id: 2, assumption_id: 'a2', invalidated: 0 },
            ],
            total: 2,
          },
        ],
        resolves: { assumptions: [{ id: 'a1' }, { id: 'a2' }], invalidated: [{ id: 'a1', row_id: 1 }], total: 2 },
      },
      all: {
        args: [{ action_id: 'act_1', agent_id: 'x', validated: false, stale: true, limit: 1, offset: 1 }],
        sends: {
          method: 'GET',
          path: '/api/actions/assumptions',
          query: { action_id: 'act_1', validated: 'false', stale: 'true', drift: 'true', limit: '200', offset: '0' },
        },
        answers: [
          {
            assumptions: [
              { id: 1, assumption_id: 'a1', agent_id: 'x', validated: 0, invalidated: 0, drift_score: 60 },
              { id: 2, assumption_id: 'a2', agent_id: 'y', validated: 0, invalidated: 1, drift_score: null },
              { id: 3, assumption_id: 'a3', agent_id: 'x', validated: 1, invalidated: 1, drift_score: 0 },
            ],
            total: 3,
          },
        ],
        resolves: {
          assumptions: [{ id: 'a3' }],
          invalidated: [{ id: 'a3' }],
          total: 2,
          drift_summary: { total: 2, at_risk: 0, validated: 1, invalidated: 1, unvalidated: 0 },
        },
      },
      bad: [{ args: [{ validated: 'false' }], names: 'validated' }],
      passes: [[{ limit: -1 }]],
    },
    {
      method: 'listAssumptions',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/actions/assumptions' },
        answers: [{ assumptions: [{ id: 1, assumption_id: 'a1' }], total: 1 }],
        resolves: { assumptions: [{ id: 'a1', row_id: 1 }] },
      },
      all: {
        args: [{ action_id: 'act_1', agent_id: 'x', validated: true, stale: false, limit: 10, offset: 0 }],
        sends: {
          method: 'GET',
          path: '/api/actions/assumptions',
          query: { action_id: 'act_1', validated: 'true', stale: 'false', limit: '200', offset: '0' },
        },
        answers: [
          {
            assumptions: [
              { id: 1, assumption_id: 'a1', agent_id: 'y' },
              { id: 2, assumption_id: 'a2', agent_id: 'x' },
            ],
            total: 2,
          },
        ],
        resolves: { assumptions: [{ id: 'a2' }], total: 1 },
      },
      bad: [],
      passes: [[{ offset: 0.5 }]],
    },
  ],
  recordings: {
    'getOpenLoops: agent_id filter fails on the server': {
      skip: 'the server fails on agent_id; the SDK filters by itself',
    },
    'getDriftReport: agent_id filter fails on the server': {
      skip: 'the server fails on agent_id; the SDK filters by itself',
    },
    'recordAssumption: the short path of the later SDKs does not exist on this server': {
      skip: 'the SDK uses the path that every server has',
    },
    'resolveOpenLoop: resolved without resolution': { skip: 'the SDK sends a text where the server asks for one' },
    'validateAssumption: invalidate without a reason': { skip: 'the SDK sends a text where the server asks for one' },
  },
} satisfies DomainCases
