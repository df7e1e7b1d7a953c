/** Written by `signalbox edge bundle`, beside the built worker. */
declare module '*/fallback.json' {
  const content: unknown
  export default content
}
