import type { DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const long = (length: number) => 'x'.repeat(length + 1)
const PREFERENCES = '/api/preferences'

const overrides: Record<string, RecordingOverride> = {
  'logObservation: unknown type': { skip: 'a raw call: the SDK fills the type in' },
  'logObservation: no type': { skip: 'a raw call: the SDK fills the type in' },
  'trackApproach: success as 1 is not counted': { skip: 'the SDK takes true and false only' },
  'trackApproach: succeeded (named by the seed) is not read': {
    // The SDK sends it under the name that is read.
    sends: {
      method: 'POST',
      path: PREFERENCES,
      body: { type: 'approach', agent_id: 'prf-a-mwruucxl', approach: 'Seed style', success: true },
    },
  },
  'getPreferenceSummary: no type means summary': {
    sends: { method: 'GET', path: PREFERENCES, query: { agent_id: 'prf-a-mwruucxl', type: 'summary' } },
  },
}
for (const { method, name } of recordings('preferences')) {
  if (name.startsWith('(no SDK method)')) overrides[`${method}: ${name}`] = { skip: 'no method of the SDK' }
}

const saved = (type: string, body: object) => ({ method: 'POST', path: PREFERENCES, body: { type, ...body } })

export default {
  domain: 'preferences',
  cases: [
    {
      method: 'logObservation',
      required: {
        args: [{ observation: 'Likes tables' }],
        sends: saved('observation', { observation: 'Likes tables', agent_id: 'agent-x' }),
      },
      all: {
        args: [{ observation: 'o', agent_id: 'a', category: 'c', importance: 8 }],
        sends: saved('observation', { observation: 'o', agent_id: 'a', category: 'c', importance: 8 }),
      },
      bad: [
        { args: [{}], names: 'observation' },
        { args: [{ observation: '' }], names: 'observation' },
        { args: [{ observation: 'o', agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [
        [{ observation: long(2000) }],
        [{ observation: 'o', category: long(200) }],
        [{ observation: 'o', importance: 5.5 }],
        [{ observation: 'o', importance: '5' }],
      ],
    },
    {
      method: 'setPreference',
      required: {
        args: [{ preference: 'tabs' }],
        sends: saved('preference', { preference: 'tabs', agent_id: 'agent-x' }),
      },
      all: {
        args: [{ preference: 'p', agent_id: 'a', category: 'c', confidence: 90 }],
        sends: saved('preference', { preference: 'p', agent_id: 'a', category: 'c', confidence: 90 }),
      },
      bad: [{ args: [{}], names: 'preference' }],
      passes: [
        [{ preference: long(2000) }],
        [{ preference: 'p', category: long(200) }],
        [{ preference: 'p', confidence: 0.8 }],
      ],
    },
    {
      method: 'logMood',
      required: { args: [{ mood: 'calm' }], sends: saved('mood', { mood: 'calm', agent_id: 'agent-x' }) },
      all: {
        args: [{ mood: 'm', agent_id: 'a', energy: 'high', notes: 'n', context: 'c' }],
        sends: saved('mood', { mood: 'm', agent_id: 'a', energy: 'high', notes: 'n', context: 'c' }),
      },
      bad: [{ args: [{}], names: 'mood' }],
      passes: [
        [{ mood: long(200) }],
        [{ mood: 'm', energy: long(100) }],
        [{ mood: 'm', notes: long(2000) }],
        [{ mood: 'm', context: long(2000) }],
        [{ mood: 'm', notes: 'n', context: long(2000) }],
      ],
    },
    {
      method: 'trackApproach',
      required: {
        args: [{ approach: 'Small steps' }],
        sends: saved('approach', { approach: 'Small steps', agent_id: 'agent-x' }),
      },
      all: {
        args: [{ approach: 'a', agent_id: 'a', context: 'c', succeeded: false }],
        sends: saved('approach', { approach: 'a', agent_id: 'a', context: 'c', success: false }),
      },
      bad: [
        { args: [{}], names: 'approach' },
        { args: [{ approach: 'a', succeeded: 'yes' }], names: 'succeeded' },
        { args: [{ approach: 'a', success: 1 }], names: 'success' },
      ],
      passes: [[{ approach: long(2000) }], [{ approach: 'a', context: long(2000) }]],
    },
    {
      method: 'getPreferenceSummary',
      required: {
        args: [],
        sends: { method: 'GET', path: PREFERENCES, query: { agent_id: 'agent-x', type: 'summary' } },
      },
      all: {
        args: [{ agent_id: 'a' }],
        sends: { method: 'GET', path: PREFERENCES, query: { agent_id: 'a', type: 'summary' } },
      },
      bad: [{ args: [{ agent_id: 7 }], names: 'agent_id' }],
    },
    {
      method: 'getApproaches',
      required: {
        args: [],
        sends: { method: 'GET', path: PREFERENCES, query: { agent_id: 'agent-x', type: 'approaches' } },
      },
      all: {
        args: [{ limit: 5, agent_id: 'a' }],
        sends: { method: 'GET', path: PREFERENCES, query: { agent_id: 'a', type: 'approaches', limit: '5' } },
      },
      bad: [],
      passes: [[{ limit: -1 }], [{ limit: 1.5 }]],
    },
  ],
  recordings: overrides,
} satisfies DomainCases
