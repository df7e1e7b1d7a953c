/** What Node has of WebAssembly's interface and `@types/node` does not declare. */
declare namespace WebAssembly {
  interface Module {
    readonly [module: symbol]: never
  }
  const Module: { new (code: Uint8Array<ArrayBuffer>): Module }
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  function compile(code: Uint8Array<ArrayBuffer>): Promise<Module>
}
