import { expect, test } from 'vitest'
import type { OrgAnswer } from '../../src/domains/orgs.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

test('gives the current organization beside the list that the server sends', async () => {
  const organizations = [{ id: 'org_1', active_keys: '3' }]
  const { fetch } = capture([{ organizations }])
  const answer = (await (await anyClient({ fetch }))['getOrg']!()) as OrgAnswer
  expect(answer).toEqual({ organizations, organization: organizations[0] })
})

test('sends a body where the server fails without one', async () => {
  const { fetch, inits } = capture()
  const claw = await anyClient({ fetch })
  await claw['updateOrg']!('org_1')
  await claw['createOrgKey']!('org_1')
  expect(inits.map(({ body }) => body)).toEqual(['{}', '{}'])
})
