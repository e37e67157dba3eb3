import type { DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const long = (length: number) => 'x'.repeat(length + 1)
const PREFERENCES = '/api/preferences'

const overrides: Record<string, RecordingOverride> = {
  'logObservation: too long': { args: [{ observation: long(2000), category: long(200) }] },
  'setPreference: too long': { args: [{ preference: long(2000), category: long(200) }] },
  'logMood: too long': { args: [{ mood: long(200), notes: long(2000), energy: long(100) }] },
  'trackApproach: too long': { args: [{ approach: long(2000), context: long(2000) }] },
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
        { args: [{ observation: long(2000) }], names: 'observation' },
        { args: [{ observation: 'o', category: long(200) }], names: 'category' },
        { args: [{ observation: 'o', importance: 5.5 }], names: 'importance' },
        { args: [{ observation: 'o', importance: '5' }], names: 'importance' },
        { args: [{ observation: 'o', agent_id: 7 }], names: 'agent_id' },
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
      bad: [
        { args: [{}], names: 'preference' },
        { args: [{ preference: long(2000) }], names: 'preference' },
        { args: [{ preference: 'p', category: long(200) }], names: 'category' },
        { args: [{ preference: 'p', confidence: 0.8 }], names: 'confidence' },
      ],
    },
    {
      method: 'logMood',
      required: { args: [{ mood: 'calm' }], sends: saved('mood', { mood: 'calm', agent_id: 'agent-x' }) },
      all: {
        args: [{ mood: 'm', agent_id: 'a', energy: 'high', notes: 'n', context: 'c' }],
        sends: saved('mood', { mood: 'm', agent_id: 'a', energy: 'high', notes: 'n', context: 'c' }),
      },
      bad: [
        { args: [{}], names: 'mood' },
        { args: [{ mood: long(200) }], names: 'mood' },
        { args: [{ mood: 'm', energy: long(100) }], names: 'energy' },
        { args: [{ mood: 'm', notes: long(2000) }], names: 'notes' },
        { args: [{ mood: 'm', context: long(2000) }], names: 'context' },
        { args: [{ mood: 'm', notes: 'n', context: long(2000) }], names: 'context' },
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
        { args: [{ approach: long(2000) }], names: 'approach' },
        { args: [{ approach: 'a', context: long(2000) }], names: 'context' },
        { args: [{ approach: 'a', succeeded: 'yes' }], names: 'succeeded' },
        { args: [{ approach: 'a', success: 1 }], names: 'success' },
      ],
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
      bad: [
        { args: [{ limit: -1 }], names: 'limit' },
        { args: [{ limit: 1.5 }], names: 'limit' },
      ],
    },
  ],
  recordings: overrides,
} satisfies DomainCases
