import type { RecordingOverride } from './cases.ts'
import { type Recording, recordings } from './fixtures.ts'

/** Overrides for the recordings that `make` gives one for. */
export function overrides(
  domain: string,
  make: (recording: Recording) => RecordingOverride | undefined,
): Record<string, RecordingOverride> {
  return Object.fromEntries(
    recordings(domain).flatMap((recording) => {
      const override = make(recording)
      return override ? [[`${recording.method}: ${recording.name}`, override]] : []
    }),
  )
}

/** Some exchanges were kept with numbers in the query, which are texts on the wire. */
export function queryAsTexts({ request }: Recording): RecordingOverride | undefined {
  const { method, path, query } = request
  if (Object.values(query).every((value) => typeof value === 'string')) return undefined
  return {
    sends: {
      method,
      path,
      query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
    },
  }
}
