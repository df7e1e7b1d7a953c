import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/** Who publishes, and from what. */
export interface Authorship {
  readonly author: string
  /** Empty: unknown. */
  readonly commit: string
  readonly message: string
}

/** Variables of CI systems: GitHub, GitLab, Bitbucket, CircleCI, Buildkite, Azure, Drone and Woodpecker, Jenkins. */
const AUTHORS = [
  'GITHUB_TRIGGERING_ACTOR',
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'BITBUCKET_STEP_TRIGGERER_UUID',
  'CIRCLE_USERNAME',
  'BUILDKITE_BUILD_CREATOR',
  'BUILD_REQUESTEDFOR',
  'CI_COMMIT_AUTHOR',
  'DRONE_COMMIT_AUTHOR',
  'CHANGE_AUTHOR',
]
const COMMITS = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA',
  'BITBUCKET_COMMIT',
  'CIRCLE_SHA1',
  'BUILDKITE_COMMIT',
  'BUILD_SOURCEVERSION',
  'DRONE_COMMIT_SHA',
  'GIT_COMMIT',
]
const MESSAGES = ['CI_COMMIT_MESSAGE', 'BUILDKITE_MESSAGE', 'BUILD_SOURCEVERSIONMESSAGE', 'DRONE_COMMIT_MESSAGE']

/** Bytes of each text: all of them share a kilobyte with the signature. */
const LONGEST = { author: 64, commit: 41, message: 72 }

/**
 * What is known of who publishes a file: as they say, else by the variables of CI, else by Git and this machine.
 * @param file absent: nothing of a repository is published
 */
export async function authorshipOf(
  author: string | undefined,
  file: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Authorship> {
  const given = (names: readonly string[]) => names.map((name) => env[name]).find((value) => value)
  const folder = file === undefined ? process.cwd() : path.dirname(path.resolve(file))
  const git = (...args: string[]) => (file === undefined ? '' : run(folder, args))
  const commitHere = given(COMMITS)
  const [log, state, name] = await Promise.all([
    git('log', '-1', '--format=%H%n%s'),
    commitHere === undefined && file !== undefined ? git('status', '--porcelain', '--', path.resolve(file)) : '',
    author === undefined && given(AUTHORS) === undefined ? run(folder, ['config', 'user.name']) : '',
  ])
  const [head = '', subject = ''] = log.split('\n')
  const commit = file === undefined ? '' : (commitHere ?? (state === '' || head === '' ? head : `${head}+`))
  const message = commit === '' || commit.startsWith(head) ? subject : ''
  return {
    author: shortened(author ?? given(AUTHORS) ?? (name || userName()), LONGEST.author),
    commit: shortened(commit, LONGEST.commit),
    message: shortened(commit === '' ? '' : (given(MESSAGES)?.split('\n', 1)[0] ?? message), LONGEST.message),
  }
}

/**
 * A text of one line, at most so many bytes long: without what moves a terminal's cursor, and without what takes more
 * room as JSON in JSON.
 */
export function shortened(text: string, bytes: number): string {
  const plain = text.replaceAll('"', "'").replaceAll('\\', '/')
  const clean = plain.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
  if (Buffer.byteLength(clean) <= bytes) return clean
  let cut = ''
  for (const char of clean) {
    if (Buffer.byteLength(cut + char) > bytes - 3) break
    cut += char
  }
  return `${cut}…`
}

/** Empty where there is no Git, or no repository. */
async function run(cwd: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], { cwd, timeout: 5000 })
    return stdout.trim()
  } catch {
    // Without git, or outside of a repository, nobody says.
    return ''
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // In a container whose user has no name.
    return ''
  }
}
