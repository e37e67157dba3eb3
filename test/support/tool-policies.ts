/** Policies about the calls of tools, which are actions of the type `tool`. */
const rules = { action_types: ['tool'] }

export const HOLD = { name: 'Tools', policy_type: 'require_approval' as const, rules }
export const BLOCK = { name: 'Tools', policy_type: 'block_action_type' as const, rules }
