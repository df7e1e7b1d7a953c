/** Why content ended early: its connection closed or broke the grammar. */
export class ContentCut extends Error {
  /** The peer broke the grammar, rather than going away. */
  readonly malformed: boolean

  constructor(malformed: boolean) {
    super(malformed ? 'content is malformed' : 'connection closed before the content was complete')
    this.name = 'ContentCut'
    this.malformed = malformed
  }
}
