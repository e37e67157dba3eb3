/**
 * Platform objects in the public types of the embedded server: the host's own where they are declared, what is used of
 * them elsewhere, so that the declarations compile without the DOM library and without `@types/node`.
 */
export type HostURL = typeof globalThis extends { URL: { prototype: infer T } } ? T : { readonly href: string }
export type HostRequest = typeof globalThis extends { Request: { prototype: infer T } } ? T : { readonly url: string }
export type HostResponse = typeof globalThis extends { Response: { prototype: infer T } }
  ? T
  : {
      readonly status: number
      readonly headers: { get(name: string): string | null }
      text(): Promise<string>
      json(): Promise<unknown>
      arrayBuffer(): Promise<ArrayBuffer>
    }
export type HostFetch = typeof globalThis extends { fetch: infer F }
  ? F
  : (url: string, init?: object) => Promise<HostResponse>
