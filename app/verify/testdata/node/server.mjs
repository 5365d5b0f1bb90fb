// A server that knows who is calling, with an ordinary JWT library. Its settings are
// ISSUER (the directory's address) and AUDIENCE (this server's name there).
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER, AUDIENCE } = process.env;
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", ISSUER), { cooldownDuration: 1000 });

const server = createServer(async (request, response) => {
  const token = request.headers.authorization?.replace(/^Bearer /i, "");
  try {
    const { payload } = await jwtVerify(token ?? "", keys, { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt", algorithms: ["EdDSA"] });
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ id: payload.sub, nickname: payload.nickname }));
  } catch {
    response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
