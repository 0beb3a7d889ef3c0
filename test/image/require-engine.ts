import { findEngine } from './engine.ts'

/** Fails without an engine, because a check that did not run must not look like a passed one. */
export async function setup(): Promise<void> {
  if ((await findEngine()) === null) {
    throw new Error('NO CONTAINER ENGINE ANSWERS: the image was not built and not tested')
  }
}
