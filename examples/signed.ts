/** Signed actions: the server verifies who acted. Keys are made with WebCrypto, so this runs in every runtime. */
import { DashClaw, generateKeyPair } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const server = createLocalServer()
const keys = await generateKeyPair()
const options = { baseUrl: server.baseUrl, apiKey: 'local', agentId: 'signer', fetch: server.fetch }
const admin = new DashClaw(options)
await admin.registerIdentity({ agent_id: 'signer', public_key: keys.publicKeyPem })

const claw = new DashClaw({ ...options, privateKey: keys.privateKey })
const { action } = await claw.createAction({ action_type: 'config', declared_goal: 'Rotate the log level' })
console.log(`signed and ${action.verified ? 'verified' : 'NOT verified'}`)
