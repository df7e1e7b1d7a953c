import * as z from 'zod'
import { flag, text } from '../../../schema/scalars.ts'
import { itemProblem } from '../item.ts'
import { decodeBelow, type Labels } from '../labels.ts'
import type { DockerDerivation, OwnLabels } from './part.ts'

/** What the labels of a container say to the provider itself. */
export interface OwnOptions {
  readonly enable: boolean
  /** Empty: none is named. */
  readonly network: string
  /** In a swarm: the virtual address of the service in place of its tasks'. */
  readonly lbSwarm: boolean
  readonly allowNonRunning: boolean
}

const block = z.strictObject({
  network: text().optional().describe('Network whose address is used.'),
  lbswarm: flag().optional().describe('Use the virtual address of the service.'),
  allowNonRunning: flag().optional().describe('Keep its elements while it does not run.'),
})

const dockerSchema = z.strictObject({ enable: flag().optional(), docker: block.optional() })

const swarmSchema = z.strictObject({
  enable: flag().optional(),
  docker: block.optional(),
  swarm: block.omit({ allowNonRunning: true }).optional(),
})

/** Labels of containers, `traefik.docker.` (Traefik `pkg/provider/docker/shared_labels.go`). */
export const dockerOwnLabels = (labels: Labels, derivation: DockerDerivation): OwnLabels => {
  const { value, problems } = decodeBelow(dockerSchema, labels, ['traefik.docker.', 'traefik.enable'])
  if (value === null) return { options: null, problems }
  const { enable = derivation.exposedByDefault, docker } = value
  const options = {
    enable,
    network: docker?.network ?? derivation.network,
    lbSwarm: false,
    allowNonRunning: docker?.allowNonRunning ?? false,
  }
  return { options, problems }
}

/** Labels of the services of a swarm, `traefik.swarm.`. */
export const swarmOwnLabels = (labels: Labels, derivation: DockerDerivation): OwnLabels => {
  const { value, problems } = decodeBelow(swarmSchema, labels, ['traefik.enable', 'traefik.docker.', 'traefik.swarm.'])
  if (value === null) return { options: null, problems }
  const { enable = derivation.exposedByDefault, docker, swarm } = value
  if (docker !== undefined && swarm !== undefined) {
    const both = itemProblem('error', '', 'both Docker and Swarm labels are defined', {
      hint: 'write `traefik.swarm.` alone',
    })
    return { options: null, problems: [...problems, both] }
  }
  const old = itemProblem(
    'warning',
    '',
    'Labels traefik.docker.* for Swarm provider are deprecated. Please use traefik.swarm.* labels instead',
  )
  const options = {
    enable,
    network: swarm?.network ?? docker?.network ?? derivation.network,
    lbSwarm: swarm?.lbswarm ?? docker?.lbswarm ?? false,
    allowNonRunning: false,
  }
  return { options, problems: docker === undefined ? problems : [...problems, old] }
}
