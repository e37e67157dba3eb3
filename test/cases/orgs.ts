import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const long = 'x'.repeat(257)

export default {
  domain: 'orgs',
  cases: [
    {
      method: 'getOrg',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/orgs' },
        answers: [{ organizations: [{ id: 'org_1' }] }],
        resolves: { organization: { id: 'org_1' }, organizations: [{ id: 'org_1' }] },
      },
      bad: [],
    },
    {
      method: 'createOrg',
      required: {
        args: [{ name: 'Acme', slug: 'acme' }],
        sends: { method: 'POST', path: '/api/orgs', body: { name: 'Acme', slug: 'acme' } },
      },
      bad: [
        { args: [{ slug: 'acme' }], names: 'name' },
        { args: [{ name: 5, slug: 'acme' }], names: 'name' },
        { args: [{ name: 'Acme' }], names: 'slug' },
      ],
      passes: [[{ name: long, slug: 'acme' }], [{ name: 'Acme', slug: 'x'.repeat(65) }]],
    },
    {
      method: 'getOrgById',
      required: { args: ['org_1'], sends: { method: 'GET', path: '/api/orgs/org_1' } },
      bad: [
        { args: [''], names: 'org_id' },
        { args: ['..'], names: 'org_id' },
      ],
    },
    {
      method: 'updateOrg',
      required: { args: ['org_1'], sends: { method: 'PATCH', path: '/api/orgs/org_1', body: {} } },
      all: {
        args: ['org_1', { name: 'Acme', slug: 'acme', plan: 'pro' }],
        sends: { method: 'PATCH', path: '/api/orgs/org_1', body: { name: 'Acme', slug: 'acme', plan: 'pro' } },
      },
      bad: [
        { args: ['..', { name: 'Acme' }], names: 'org_id' },
        { args: ['org_1', { name: 5 }], names: 'name' },
      ],
      passes: [['org_1', { name: long }]],
    },
    {
      method: 'getOrgKeys',
      required: { args: ['org_1'], sends: { method: 'GET', path: '/api/orgs/org_1/keys' } },
      bad: [
        { args: [], names: 'org_id' },
        { args: ['.'], names: 'org_id' },
      ],
    },
    {
      method: 'createOrgKey',
      required: { args: ['org_1'], sends: { method: 'POST', path: '/api/orgs/org_1/keys', body: {} } },
      all: {
        args: ['org_1', { label: null, role: 'readonly' }],
        sends: { method: 'POST', path: '/api/orgs/org_1/keys', body: { label: null, role: 'readonly' } },
      },
      bad: [{ args: ['', {}], names: 'org_id' }],
      passes: [
        ['org_1', { label: long }],
        ['org_1', { role: 'owner' }],
      ],
    },
    {
      method: 'revokeOrgKey',
      required: {
        args: ['org_1', { id: 'key_1' }],
        sends: { method: 'DELETE', path: '/api/orgs/org_1/keys', query: { id: 'key_1' } },
      },
      bad: [
        { args: ['', { id: 'key_1' }], names: 'org_id' },
        { args: ['org_1'], names: 'id' },
        { args: ['org_1', { id: '' }], names: 'id' },
      ],
    },
  ],
  recordings: {
    // The server fails without a body, so the SDK always sends one.
    ...overrides('orgs', ({ name, request }) =>
      name === 'no body' ? { sends: { method: request.method, path: request.path, body: {} } } : undefined,
    ),
    // Not an object: refused by the SDK.
    'updateOrg: body not JSON': { args: ['org_1', 'x'] },
  },
} satisfies DomainCases
