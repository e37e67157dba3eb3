import type { DomainCases } from '../support/cases.ts'

export default {
  domain: 'activity',
  cases: [
    {
      method: 'getActivityLogs',
      required: { args: [], sends: { method: 'GET', path: '/api/activity' } },
      all: {
        args: [
          {
            action: 'webhook.created',
            actor_id: 'usr_1',
            resource_type: 'webhook',
            before: new Date(0),
            after: '1969-12-31T00:00:00Z',
            limit: 5,
            offset: 10,
            agent_id: 'ignored-beside-actor_id',
            type: 'ignored-beside-resource_type',
          },
        ],
        sends: {
          method: 'GET',
          path: '/api/activity',
          query: {
            actor_id: 'usr_1',
            resource_type: 'webhook',
            action: 'webhook.created',
            before: '1970-01-01T00:00:00.000Z',
            after: '1969-12-31T00:00:00.000Z',
            limit: '5',
            offset: '10',
          },
        },
      },
      bad: [
        { args: [{ before: 'yesterday' }], names: 'before' },
        { args: [{ after: 'soon' }], names: 'after' },
        { args: [{ type: 5 }], names: 'type' },
        { args: [null], names: 'input' },
        { args: ['webhook.created'], names: 'input' },
        { args: [[]], names: 'input' },
      ],
      passes: [[{ limit: -1 }], [{ offset: 0.5 }], [{ before: '' }], [{ after: 5 }]],
    },
  ],
  recordings: {
    'getActivityLogs: agent_id and type of the seed are ignored': {
      skip: 'the SDK sends these documented filters as the nearest that servers read',
    },
  },
} satisfies DomainCases
