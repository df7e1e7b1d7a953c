import type { WorkerProject } from './wrangler-config.ts'

/**
 * A workflow for GitHub: pull requests are checked, and what they would change is told in a comment; what is on the main
 * branch is published, environment by environment.
 */
export function workflow({ environments }: Pick<WorkerProject, 'environments'>, config: string): string {
  const last = environments.at(-1)
  return `name: signalbox
on:
  pull_request:
  push:
    branches: [main]

jobs:
  check:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
${SET_UP}
      - run: npx signalbox check --target edge ${config}
      # Reads what is published: the token needs no more than "Workers KV Storage: Read". Forks have no secrets.
      - if: github.event.pull_request.head.repo.full_name == github.repository
        run: |
          status=0
          npx signalbox edge push --config ${config}${flagOf(last)} --dry-run > "$RUNNER_TEMP/diff.txt" || status=$?
          {
            echo 'What this changes${last === undefined ? '' : ` in ${last}`}:'
            echo '\`\`\`'
            cat "$RUNNER_TEMP/diff.txt"
            echo '\`\`\`'
          } > "$RUNNER_TEMP/comment.md"
          gh pr comment "$NUMBER" --body-file "$RUNNER_TEMP/comment.md" --edit-last --create-if-none
          exit "$status"
        env:
          NUMBER: \${{ github.event.pull_request.number }}
          GH_TOKEN: \${{ github.token }}
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_READ_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ vars.CLOUDFLARE_ACCOUNT_ID }}
${environments.length === 0 ? publication(undefined, undefined, config) : environments.map((name, at) => publication(name, environments[at - 1], config)).join('')}`
}

const SET_UP = `      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci`

const flagOf = (environment: string | undefined): string => (environment === undefined ? '' : ` --env ${environment}`)

/** A job that publishes; its secrets are those of GitHub's environment of the same name. */
const publication = (name: string | undefined, before: string | undefined, config: string): string => `
  ${name === undefined ? 'push' : `push-${name}`}:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest${before === undefined ? '' : `\n    needs: push-${before}`}${name === undefined ? '' : `\n    environment: ${name}`}
    concurrency: signalbox${name === undefined ? '' : `-${name}`}
    permissions:
      contents: read
    steps:
${SET_UP}
      - run: npx signalbox edge push --config ${config}${flagOf(name)}
        env:
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_API_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ vars.CLOUDFLARE_ACCOUNT_ID }}
          SIGNALBOX_SIGNING_KEY: \${{ secrets.SIGNALBOX_SIGNING_KEY }}
`
