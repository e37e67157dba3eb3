import type { LocalServer } from '../../src/local/index.ts'

/** Policies that were made between the recorded calls, by the recording that they come before. */
const UNRECORDED: Record<string, [key: string, path: string, body: object]> = {
  'importPolicies: yaml allow rule (neither block nor approval)': [
    'local',
    '/api/policies/import',
    {
      yaml: 'policies:\n  - id: gov_only_id\n    rule: { block: true }\n    tests:\n      - name: t1\n        expect: { allowed: false }\n        input: { tool: anything }\n',
    },
  ],
  'createPolicy: type behavioral_anomaly': [
    'other',
    '/api/policies',
    {
      name: 'gov webhook_check',
      policy_type: 'webhook_check',
      rules: '{"url":"https://hooks.example.com/guard","timeout_ms":2000,"on_timeout":"block"}',
    },
  ],
}

/** What has to be called before the recordings of policies, where something was not recorded. */
export function unrecordedPolicies(server: LocalServer): Record<string, () => Promise<unknown>> {
  return Object.fromEntries(
    Object.entries(UNRECORDED).map(([title, [key, path, body]]) => [
      title,
      () =>
        server.fetch(server.baseUrl + path, {
          method: 'POST',
          headers: { 'x-api-key': key },
          body: JSON.stringify(body),
        }),
    ]),
  )
}
