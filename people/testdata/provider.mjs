// Runs oidc-provider on this machine, for one test. Arguments: the module's
// file and the address that people come back to. Prints its own address when it
// listens, and ends when its input does.
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const [, , module, back] = process.argv
const { Provider } = await import(pathToFileURL(module).href)

const server = createServer()
await new Promise(done => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{ client_id: 'rowan', client_secret: 's3cret', redirect_uris: [back], grant_types: ['authorization_code'], response_types: ['code'] }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Mo Example', preferred_username: id, groups: id === 'mo' ? ['safety'] : ['canteen'] }),
  }),
})
server.on('request', provider.callback())
console.log(issuer)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
