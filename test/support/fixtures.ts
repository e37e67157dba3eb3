import { readFileSync } from 'node:fs'

/** One recorded exchange with a real server. */
export interface Recording {
  method: string
  name: string
  request: { method: string; path: string; query: Record<string, string>; body: unknown }
  response: { status: number; content_type: string | null; body: unknown }
}

/** One method of a contract file. */
export interface ContractMethod {
  name: string
  /** Signature of the Python SDK; in brackets, why there is none. */
  python?: string
  in_seed: boolean
  http: { method: string; path: string }
  path_params?: { name: string }[]
  query?: Record<string, ContractField>
  fixed_query?: Record<string, unknown>
  body?: Record<string, ContractField>
  fixed_body?: Record<string, unknown>
  success: { status: number; type: string }
  errors: { status: number; when: string; body: unknown }[]
}

/** One field of a query or body in a contract file. */
export interface ContractField {
  type: string
  required?: boolean
  default?: unknown
  min?: number
  max?: number
  max_length?: number
  max_items?: number
  enum?: (string | number)[]
  from_client?: string
  doc?: string
}

export interface Contract {
  domain: string
  methods: ContractMethod[]
  [key: string]: unknown
}

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'))

export const contract = (domain: string): Contract => read(`contract/${domain}.json`) as Contract
export const recordings = (domain: string): Recording[] => read(`recordings/${domain}.json`) as Recording[]
