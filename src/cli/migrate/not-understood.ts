/** Code that the command cannot understand. The message says why. */
export class NotUnderstood extends Error {}
