// What every peer needs: its settings, an address on the loopback, and an end with the test that started it.
import { createServer } from 'node:http'
import { once } from 'node:events'

export const settings = JSON.parse(process.env.PEER_SETTINGS ?? '{}')

// listen returns a server on a free port, still without a handler, and its address.
export async function listen() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: `http://127.0.0.1:${server.address().port}` }
}

// ready tells the test what it waits for, as one line of JSON.
export function ready(said) {
  process.stdout.write(JSON.stringify(said) + '\n')
}

process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
