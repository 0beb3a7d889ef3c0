import { pathToFileURL } from 'node:url'

/** Runs the program that the first word names. It gets the other words. */
export async function runProgram(): Promise<void> {
  const [file = ''] = process.argv.splice(2, 1)
  await import(pathToFileURL(file).href)
}
