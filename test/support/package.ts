import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './readme.ts'

export { root }

interface Target {
  types: string
  default: string
}

/** The fields of `package.json` that tests read. */
interface Manifest {
  name: string
  version: string
  unpkg: string
  jsdelivr: string
  files: string[]
  sideEffects?: unknown
  dependencies?: unknown
  scripts: Record<string, string>
  exports: Record<string, string | { import: Target; require: Target }>
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** One entry of the package: how it is imported, and its files from the project's root. */
export interface Entry {
  /** `dashclaw`, `dashclaw/local`, … */
  specifier: string
  import: Target
  require: Target
}

/** Every entry that holds code, as `exports` has them. */
export const entries: readonly Entry[] = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ specifier: manifest.name + path.slice(1), ...target }],
)

/** Lays the built package out as an installed one in a project of its own. */
export function installInto(project: string): void {
  const target = join(project, 'node_modules', manifest.name)
  mkdirSync(target, { recursive: true })
  cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(target, 'package.json'))
}
