import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const LISTEN = `
  require('node:net').createServer().listen({ port: 0, host: process.argv[1], backlog: 1 }, function () {
    process.stdout.write(String(this.address().port))
  })`
/** More connections than the accept queue holds. */
const MOST = 64
const ANSWERED_WITHIN_MS = 300

/** Opens a port that drops new connections: its process is stopped and its accept queue is full. */
export async function openBlackHole(host: string): Promise<AsyncDisposable & { port: number }> {
  const child = spawn(process.execPath, ['-e', LISTEN, host], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const waiting: Socket[] = []
  const close = async (): Promise<void> => {
    for (const socket of waiting) socket.destroy()
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  try {
    const [port] = (await once(child.stdout, 'data')).map(Number)
    if (port === undefined) throw new Error('no port')
    child.kill('SIGSTOP')
    while (await isAnswered(port, host, waiting)) {
      if (waiting.length > MOST) throw new Error('the queue does not fill')
    }
    return { port, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function isAnswered(port: number, host: string, waiting: Socket[]): Promise<boolean> {
  const socket = connect(port, host)
  socket.on('error', () => undefined)
  waiting.push(socket)
  const connected = once(socket, 'connect').then(() => true)
  return Promise.race([connected, wait(ANSWERED_WITHIN_MS, false)])
}
