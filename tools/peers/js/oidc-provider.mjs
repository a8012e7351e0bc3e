// A provider of somebody else's in the place of the module sso: panva/node-oidc-provider, with the login pages that it
// brings for development. Anybody may log in, by any name.
//
// settings: { algorithm, services: { client id: secret }, callback, resources: { audience: scopes } }
import { generateKeyPairSync } from 'node:crypto'
import Provider, { errors } from 'oidc-provider'
import { listen, ready, settings } from './peer.mjs'

const { server, address } = await listen()

const keys = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('rsa', { modulusLength: 2048 })]
  .map(({ privateKey }, i) => ({ ...privateKey.export({ format: 'jwk' }), kid: `key-${i}`, use: 'sig' }))

const services = Object.entries(settings.services).map(([id, secret]) => ({
  client_id: id, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
}))

const provider = new Provider(address, {
  clients: [
    ...services,
    {
      client_id: 'front', token_endpoint_auth_method: 'none', application_type: 'native',
      redirect_uris: [settings.callback], grant_types: ['authorization_code'], response_types: ['code'],
    },
  ],
  cookies: { keys: ['not a secret: nobody real logs in here'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo(_, resource) {
        const scope = settings.resources[resource]
        if (scope === undefined) throw new errors.InvalidTarget()
        return { scope, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: settings.algorithm } } }
      },
    },
  },
  jwks: { keys },
  scopes: ['openid'],
})

server.on('request', provider.callback())
ready({ issuer: address })
