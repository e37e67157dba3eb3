/** A policy of a pack, as the YAML of one spells it. */
export interface PackPolicy {
  id: string
  description: string
  applies_to: { tools: string[] }
  rule: Record<string, unknown>
  tests: unknown[]
}

/** Tests as `name tool approval allowed`, where `-` leaves approval out. */
const policy = (
  id: string,
  description: string,
  tools: string,
  rule: Record<string, unknown>,
  ...tests: string[]
): PackPolicy => ({
  id,
  description,
  applies_to: { tools: tools.split(' ') },
  rule,
  tests: tests.map((text) => {
    const [name, tool, approval, allowed] = text.split(' ')
    return {
      name,
      input: { tool, ...(approval !== '-' && { approval: approval === 'yes' }) },
      expect: { allowed: allowed === 'allowed' },
    }
  }),
})

const APPROVAL = { require: 'approval' }
const BLOCK = { block: true }

/** What each pack of the platform imports; undefined for an unknown one. */
export function packPolicies(pack: string): PackPolicy[] | undefined {
  switch (pack) {
    case 'enterprise-strict':
      return [
        policy(
          'all_external_comms_require_approval',
          'Every message that leaves the company waits for a person',
          'message.send email.send slack.post sms.send web.post',
          APPROVAL,
          'blocks_email_without_approval email.send no held',
          'allows_email_with_approval email.send yes allowed',
          'blocks_webhook_without_approval web.post no held',
        ),
        policy(
          'all_destructive_operations_blocked',
          'Nothing may be deleted, overwritten or dropped',
          'fs.delete fs.rmdir fs.write exec.rm exec.rmdir db.drop db.truncate db.delete',
          BLOCK,
          'blocks_file_delete fs.delete - held',
          'blocks_file_write fs.write - held',
          'blocks_db_delete db.delete - held',
        ),
        policy(
          'all_exec_commands_blocked',
          'No command may be run',
          'exec.*',
          BLOCK,
          'blocks_any_exec exec.bash - held',
        ),
        policy(
          'secrets_and_pii_blocked',
          'Secrets and personal data may not be sent anywhere',
          'message.send email.send web.post slack.post web.fetch',
          BLOCK,
          'blocks_content_with_secrets web.post - held',
        ),
        policy(
          'data_export_requires_approval',
          'Exports of data wait for a person',
          'data.export data.download report.generate',
          APPROVAL,
          'blocks_export_without_approval data.export no held',
          'allows_export_with_approval data.export yes allowed',
        ),
      ]
    case 'smb-safe':
      return [
        policy(
          'external_comms_require_approval',
          'Messages to people outside wait for a person',
          'message.send email.send slack.post sms.send',
          APPROVAL,
          'blocks_message_without_approval message.send no held',
          'allows_message_with_approval message.send yes allowed',
          'blocks_email_without_approval email.send no held',
        ),
        policy(
          'destructive_operations_blocked',
          'Files and tables may not be deleted',
          'fs.delete fs.rmdir exec.rm db.drop db.truncate',
          BLOCK,
          'blocks_file_delete fs.delete - held',
          'blocks_db_drop db.drop - held',
          'blocks_rm_command exec.rm - held',
        ),
        policy(
          'exec_commands_allowlist',
          'Only listed commands that read may be run',
          'exec.*',
          { block: true, allowlist: ['exec.ls', 'exec.cat', 'exec.grep', 'exec.find', 'exec.echo'] },
          'blocks_unknown_exec exec.curl - held',
        ),
        policy(
          'web_fetch_domain_allowlist',
          'Only listed domains may be asked',
          'web.fetch web.post',
          BLOCK,
          'blocks_unapproved_domain web.fetch - held',
        ),
      ]
    case 'startup-growth':
      return [
        policy(
          'customer_facing_comms_require_approval',
          'E-mail and texts to customers wait for a person',
          'email.send sms.send',
          APPROVAL,
          'blocks_customer_email_without_approval email.send no held',
          'allows_customer_email_with_approval email.send yes allowed',
        ),
        policy(
          'destructive_ops_require_approval',
          'Deleting files and tables waits for a person',
          'fs.delete fs.rmdir db.drop db.truncate',
          APPROVAL,
          'blocks_delete_without_approval fs.delete no held',
          'allows_delete_with_approval fs.delete yes allowed',
        ),
        policy(
          'internal_messaging_allowed',
          'Messages within the team wait for an approval given once',
          'message.send slack.post',
          APPROVAL,
          'blocks_without_approval message.send no held',
          'allows_with_approval message.send yes allowed',
        ),
        policy(
          'secrets_must_be_redacted',
          'Texts that hold secrets may not be sent',
          'message.send email.send web.post slack.post',
          BLOCK,
          'blocks_content_with_secrets message.send - held',
        ),
      ]
    case 'development':
      return [
        policy(
          'warn_on_destructive_ops',
          'Deleting during development waits for a look',
          'fs.delete fs.rmdir db.drop db.truncate',
          APPROVAL,
          'flags_file_delete fs.delete no held',
          'allows_with_approval fs.delete yes allowed',
        ),
        policy(
          'block_production_access',
          'Production data and services stay out of reach during development',
          'db.query web.fetch web.post',
          BLOCK,
          'blocks_production_db_query db.query - held',
          'blocks_production_api_call web.post - held',
        ),
      ]
    default:
      return undefined
  }
}
