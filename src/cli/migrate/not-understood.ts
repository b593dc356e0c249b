/** Something that only who wrote it understands; the message says what. */
export class NotUnderstood extends Error {}
