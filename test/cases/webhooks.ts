import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const url = 'https://hooks.example.com/x'

export default {
  domain: 'webhooks',
  cases: [
    {
      method: 'getWebhooks',
      required: { args: [], sends: { method: 'GET', path: '/api/webhooks' } },
      bad: [],
    },
    {
      method: 'createWebhook',
      required: { args: [{ url }], sends: { method: 'POST', path: '/api/webhooks', body: { url } } },
      all: {
        args: [{ url, events: ['stale_loop', 'autonomy_spike'] }],
        sends: { method: 'POST', path: '/api/webhooks', body: { url, events: ['stale_loop', 'autonomy_spike'] } },
      },
      bad: [
        { args: [], names: 'url' },
        { args: [{ events: ['all'] }], names: 'url' },
        { args: [{ url: '' }], names: 'url' },
        { args: [{ url: 5 }], names: 'url' },
        { args: [{ url, events: 5 }], names: 'events' },
      ],
    },
    {
      method: 'deleteWebhook',
      required: { args: ['wh_1'], sends: { method: 'DELETE', path: '/api/webhooks', query: { id: 'wh_1' } } },
      bad: [
        { args: [], names: 'id' },
        { args: [''], names: 'id' },
        { args: [7], names: 'id' },
      ],
    },
    {
      method: 'testWebhook',
      required: { args: ['wh_1'], sends: { method: 'POST', path: '/api/webhooks/wh_1/test' } },
      bad: [
        { args: [''], names: 'webhook_id' },
        { args: ['..'], names: 'webhook_id' },
      ],
    },
    {
      method: 'getWebhookDeliveries',
      required: { args: ['wh_1/x'], sends: { method: 'GET', path: '/api/webhooks/wh_1%2Fx/deliveries' } },
      bad: [
        { args: [], names: 'webhook_id' },
        { args: ['.'], names: 'webhook_id' },
      ],
    },
  ],
  recordings: {
    'createWebhook: events a string': {
      // The documentation writes one event as a text, so the SDK makes a list of it.
      sends: { method: 'POST', path: '/api/webhooks', body: { url, events: ['all'] } },
    },
    // The id is an argument, though it travels in the query.
    ...overrides('webhooks', ({ method, request }) =>
      method === 'deleteWebhook' && request.query['id'] ? { args: [request.query['id']] } : undefined,
    ),
  },
} satisfies DomainCases
