import { InputError } from '../core/errors.ts'

/** What the SDK uses of a Standard Schema (standardschema.dev): zod, valibot, arktype and others have it. */
export interface StandardSchema<O = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): SchemaResult<O> | Promise<SchemaResult<O>>
  }
}

type SchemaResult<O> =
  | { readonly value: O; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        message: string
        path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined
      }[]
    }

/** The arguments as the schema gives them; as they are without one. */
export async function parsed(tool: string, schema: StandardSchema | undefined, input: unknown): Promise<unknown> {
  const standard = schema?.['~standard']
  if (!standard) return input
  const result = await standard.validate(input)
  if (!result.issues) return result.value
  const broken = result.issues.map(({ message, path = [] }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return { place, text: place ? `${place}: ${message}` : message }
  })
  throw new InputError(
    `The arguments of the tool "${tool}" do not fit its schema: ${broken.map(({ text }) => text).join('; ')}.`,
    broken[0]?.place || undefined,
  )
}
