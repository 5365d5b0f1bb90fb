// panva/node-oidc-provider on loopback, configured as a provider would be for a
// desktop app: PKCE required, a native client, `iss` in the response (RFC 9207).
// Prints its issuer on the first line and ends when its standard input does.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const server = createServer()
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`

const client = (client_id, more) => ({
  client_id,
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/oauth/oidc/callback/'], // any port: RFC 8252 section 7.3
  grant_types: ['authorization_code'],
  response_types: ['code'],
  ...more,
})
const person = { name: '홍길동', nickname: '길동', preferred_username: 'gildong', email: 'gildong@example.com', email_verified: true }

const provider = new Provider(issuer, {
  clients: [
    client('post', { client_secret: 'not-a-secret', token_endpoint_auth_method: 'client_secret_post' }),
    client('public', { token_endpoint_auth_method: 'none' }),
    client('es256', { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256' }),
  ],
  clientAuthMethods: ['client_secret_post', 'none'],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'HS256'] },
  jwks: JSON.parse(process.env.JWKS),
  cookies: { keys: ['not-a-secret-either'] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'nickname', 'preferred_username'], email: ['email', 'email_verified'] },
  features: { revocation: { enabled: true } },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...person }) }),
})
server.on('request', provider.callback())
console.log(issuer)
process.stdin.on('end', () => process.exit()).resume()
