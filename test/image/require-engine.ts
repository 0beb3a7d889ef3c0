import { findEngine } from './engine.ts'

/** A check that did not run must not look like one that passed. */
export async function setup(): Promise<void> {
  if ((await findEngine()) === null) {
    throw new Error('NO CONTAINER ENGINE ANSWERS: the image was not built and not tested')
  }
}
