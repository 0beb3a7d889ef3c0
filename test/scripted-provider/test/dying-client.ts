import { connect } from 'node:net'

/** A client that sends a request and waits to be killed. Arguments: origin, request in base64. */
const [origin = '', request = ''] = process.argv.slice(2)
const { hostname, port } = new URL(origin)
const socket = connect({ host: hostname, port: Number(port) })
socket.write(Buffer.from(request, 'base64'))
socket.on('data', (chunk) => process.send?.(chunk.toString('latin1')))
setInterval(() => undefined, 60_000)
