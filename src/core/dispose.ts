/** `[Symbol.asyncDispose]()`, typed where the library of the reader's compiler knows it. */
export type AsyncDisposableLike = SymbolConstructor extends { readonly asyncDispose: infer S extends symbol }
  ? { [K in S]: () => Promise<void> }
  : object

/** Makes `await using` call `close()`. Defined by value, so that runtimes without the symbol still load the file. */
export function disposeWithClose(prototype: { close(): void | Promise<void> }): void {
  const symbol = (Symbol as { asyncDispose?: symbol }).asyncDispose ?? Symbol.for('Symbol.asyncDispose')
  Object.defineProperty(prototype, symbol, {
    async value(this: { close(): void | Promise<void> }) {
      await this.close()
    },
    configurable: true,
    writable: true,
  })
}
