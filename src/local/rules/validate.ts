/** FieldRules of one field, checked in the platform's order; one text a field, for the first rule that is broken. */
export interface FieldRule {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array'
  required?: boolean
  /** Length of a text. */
  max?: number
  /** Items of a list. */
  items?: number
  least?: number
  most?: number
  words?: readonly string[]
}

export type FieldRules = Record<string, FieldRule>

/** Checks fields as the platform does; null counts as not given. */
export function validate(fields: Record<string, unknown>, rules: FieldRules): string[] {
  const problems: string[] = []
  for (const [name, rule] of Object.entries(rules)) {
    const problem = check(name, fields[name], rule)
    if (problem) problems.push(problem)
  }
  return problems
}

function check(name: string, value: unknown, rule: FieldRule): string | undefined {
  if (value === undefined || value === null) return rule.required ? `${name} is required` : undefined
  switch (rule.type ?? 'string') {
    case 'string':
      if (typeof value !== 'string') return `${name} must be a string`
      if (rule.required && value === '') return `${name} cannot be empty`
      if (rule.max !== undefined && value.length > rule.max) return `${name} exceeds max length of ${rule.max}`
      if (rule.words && !rule.words.includes(value)) return `${name} must be one of: ${rule.words.join(', ')}`
      return undefined
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value))
        return `${name} must be ${rule.type === 'integer' ? 'an integer' : 'a number'}`
      if (rule.type === 'integer' && !Number.isInteger(value)) return `${name} must be an integer`
      if (rule.least !== undefined && value < rule.least) return `${name} must be >= ${rule.least}`
      if (rule.most !== undefined && value > rule.most) return `${name} must be <= ${rule.most}`
      return undefined
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${name} must be a boolean`
    case 'array':
      if (!Array.isArray(value)) return `${name} must be an array`
      return rule.items !== undefined && value.length > rule.items
        ? `${name} exceeds max items of ${rule.items}`
        : undefined
  }
}
