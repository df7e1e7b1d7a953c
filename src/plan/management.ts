/** What the management API says of the install configuration. */
export interface ManagementPlan {
  /** Prefix of every path of the API and the dashboard, `/` for none. */
  readonly basePath: string
  readonly disableDashboardAd: boolean
  readonly dashboardName: string
  /** By name, as the API shows them: Traefik's spelling, zero values left out, durations as Go text. */
  readonly entryPoints: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** `tracing`: `OTLP` or empty; `metrics`: the first back end or empty. */
  readonly features: { readonly tracing: string; readonly metrics: string; readonly accessLog: boolean }
  /** Go field names in declaration order: `File`, `KubernetesCRD`, then `plugin-NAME`. */
  readonly providers: readonly string[]
}
