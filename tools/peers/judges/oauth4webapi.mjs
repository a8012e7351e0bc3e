// An app without a secret, by oauth4webapi, and a resource server that reads its tokens.
import * as oauth from "oauth4webapi";
import { given, refused, tell } from "./judge.mjs";

const shop = await given();
const insecure = { [oauth.allowInsecureRequests]: true }; // http, on this machine
const issuer = new URL(shop.issuer);

for (const algorithm of ["oauth2", "oidc"]) {
  const found = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm }));
  tell("discovers by " + algorithm, { issuer: found.issuer, iss: found.authorization_response_iss_parameter_supported });
}
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
const app = { client_id: shop.id, id_token_signed_response_alg: shop.algorithm };
const auth = shop.secret ? oauth.ClientSecretBasic(shop.secret) : oauth.None();

const verifier = oauth.generateRandomCodeVerifier();
const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];
const ask = new URL(server.authorization_endpoint);
ask.search = new URLSearchParams({
  client_id: app.client_id,
  redirect_uri: shop.callback,
  response_type: "code",
  scope: "openid email offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
});
const come = async (step) => {
  tell(step, { at: ask.href });
  return new URL((await given()).at);
};
const redeem = async (parameters, with_ = verifier) =>
  oauth.authorizationCodeGrantRequest(server, app, auth, parameters, shop.callback, with_, insecure);
const read = async (response, expectedNonce = nonce) => {
  const tokens = await oauth.processAuthorizationCodeResponse(server, app, response, { expectedNonce, requireIdToken: true, maxAge: 60 });
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  return tokens;
};

const back = await come("asks for a login");
await refused("no issuer", async () => oauth.validateAuthResponse(server, app, without(back, "iss"), state));
await refused("another state", async () => oauth.validateAuthResponse(server, app, back, "another"));
const parameters = oauth.validateAuthResponse(server, app, back, state);
await refused("another verifier", async () => read(await redeem(parameters, oauth.generateRandomCodeVerifier())));

const second = oauth.validateAuthResponse(server, app, await come("asks again"), state);
const response = await redeem(second);
await refused("another nonce", () => read(response.clone(), "another"));
await refused("the ID token of another application", () =>
  oauth.processAuthorizationCodeResponse(server, { client_id: "another" }, response.clone(), { expectedNonce: nonce, requireIdToken: true }));
const tokens = await read(response);
const claims = oauth.getValidatedIdTokenClaims(tokens);
tell("lets somebody in", { subject: claims.sub, scope: tokens.scope });

const bearer = (token) => new Request("http://localhost/", { headers: { authorization: "Bearer " + token } });
const guard = (token, audience) => oauth.validateJwtAccessToken(server, bearer(token), audience, insecure);
const access = await guard(tokens.access_token, "edge");
tell("guards a resource", { subject: access.sub, client: access.client_id, audience: [access.aud].flat(), scope: access.scope });
await refused("a token for another resource", () => guard(tokens.access_token, "catalog"));
await refused("an ID token at a resource", () => guard(tokens.id_token, shop.id));
await refused("a changed token", () => guard(tokens.access_token.slice(0, -6) + "AAAAAA", "edge"));

const info = await oauth.processUserInfoResponse(server, app, claims.sub, await oauth.userInfoRequest(server, app, tokens.access_token, insecure));
tell("asks who it is", { subject: info.sub, email: info.email, name: info.name ?? "not told" });

const refresh = async (token) =>
  oauth.processRefreshTokenResponse(server, app, await oauth.refreshTokenGrantRequest(server, app, auth, token, insecure));
const refreshed = await refresh(tokens.refresh_token);
tell("refreshes", { subject: (await guard(refreshed.access_token, "edge")).sub, rotated: refreshed.refresh_token !== tokens.refresh_token });

await refused("a look into a token without a secret", async () =>
  oauth.processIntrospectionResponse(server, app, await oauth.introspectionRequest(server, app, auth, refreshed.access_token, insecure)));
const cart = { client_id: "cart" };
const look = async (token) =>
  oauth.processIntrospectionResponse(server, cart, await oauth.introspectionRequest(server, cart, oauth.ClientSecretBasic(shop.cartSecret), token, insecure));
tell("a service looks into the token", { active: (await look(refreshed.access_token)).active });
await oauth.processRevocationResponse(await oauth.revocationRequest(server, app, auth, refreshed.refresh_token, insecure));
tell("revokes its session", { active: (await look(refreshed.access_token)).active });
await refused("a revoked refresh token", () => refresh(refreshed.refresh_token));

function without(url, name) {
  const other = new URL(url);
  other.searchParams.delete(name);
  return other;
}
