// An application by openid-client, and the module cart as a service.
import * as client from "openid-client";
import { given, refused, tell } from "./judge.mjs";

const shop = await given();
const insecure = { execute: [client.allowInsecureRequests] }; // http, on this machine

const app = await client.discovery(new URL(shop.issuer), shop.id, { id_token_signed_response_alg: shop.algorithm }, client.ClientSecretPost(shop.secret), insecure);
client.enableNonRepudiationChecks(app); // looks at signatures as well
tell("discovers", { issuer: app.serverMetadata().issuer, pkce: app.serverMetadata().supportsPKCE() });

const verifier = client.randomPKCECodeVerifier();
const [nonce, state] = [client.randomNonce(), client.randomState()];
const request = {
  redirect_uri: shop.callback,
  scope: "openid profile email offline_access",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
};
tell("asks for a login", { at: client.buildAuthorizationUrl(app, request).href });
const back = new URL((await given()).at);
const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true, maxAge: 60 };

await refused("another state", () => client.authorizationCodeGrant(app, back, { ...checks, expectedState: "another" }));
await refused("another issuer", () => client.authorizationCodeGrant(app, changed(back, "iss", "https://elsewhere.example"), checks));
await refused("no issuer", () => client.authorizationCodeGrant(app, changed(back, "iss"), checks));
const tokens = await client.authorizationCodeGrant(app, back, checks);
const claims = tokens.claims();
tell("lets somebody in", { subject: claims.sub, algorithm: algorithm(tokens.id_token), type: tokens.token_type });
await refused("the code again", () => client.authorizationCodeGrant(app, back, checks));

// That has ended the session, as it should; the person has logged in, and only comes by.
tell("asks again", { at: client.buildAuthorizationUrl(app, { ...request, prompt: "none" }).href });
const next = await client.authorizationCodeGrant(app, new URL((await given()).at), checks);
tell("lets them in again", { subject: next.claims().sub });

const info = await client.fetchUserInfo(app, next.access_token, claims.sub);
tell("asks who it is", { subject: info.sub, name: info.name, email: info.email, verified: info.email_verified });
await refused("somebody else", () => client.fetchUserInfo(app, next.access_token, "somebody else"));

const refreshed = await client.refreshTokenGrant(app, next.refresh_token);
tell("refreshes", { rotated: refreshed.refresh_token !== next.refresh_token, subject: refreshed.claims().sub });
const look = await client.tokenIntrospection(app, refreshed.access_token);
tell("looks into its token", { active: look.active, subject: look.sub, client: look.client_id });

const cart = await client.discovery(new URL(shop.issuer), "cart", undefined, client.ClientSecretBasic(shop.cartSecret), insecure);
const service = await client.clientCredentialsGrant(cart, { audience: "catalog" });
tell("logs in as a service", { type: service.token_type, refresh: service.refresh_token ?? "none" });
const exchange = (audience, token) =>
  client.genericGrantRequest(cart, "urn:ietf:params:oauth:grant-type:token-exchange", {
    audience,
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  });
const exchanged = await exchange("catalog", refreshed.access_token);
const exchangedLook = await client.tokenIntrospection(cart, exchanged.access_token);
tell("exchanges a token", {
  issued: exchanged.issued_token_type,
  subject: exchangedLook.sub,
  audience: [exchangedLook.aud].flat(),
  actor: exchangedLook.act.sub,
});
await refused("a neighbour that cart has not", () => exchange("receipts", refreshed.access_token));
await refused("a wrong secret", () => client.tokenIntrospection(withSecret("wrong"), refreshed.access_token));

await client.tokenRevocation(app, refreshed.access_token);
tell("revokes its token", { active: (await client.tokenIntrospection(app, refreshed.access_token)).active });
await client.tokenRevocation(app, refreshed.refresh_token);
await refused("a revoked refresh token", () => client.refreshTokenGrant(app, refreshed.refresh_token));

tell("logs out", {
  at: client.buildEndSessionUrl(app, { id_token_hint: refreshed.id_token, post_logout_redirect_uri: shop.goodbye, state: "bye" }).href,
});
await given();
tell("asks in silence", { at: client.buildAuthorizationUrl(app, { ...request, prompt: "none" }).href });
const silent = new URL((await given()).at);
await refused("nobody has logged in", () => client.authorizationCodeGrant(app, silent, checks));

function changed(url, name, value) {
  const other = new URL(url);
  value === undefined ? other.searchParams.delete(name) : other.searchParams.set(name, value);
  return other;
}

function algorithm(token) {
  return JSON.parse(Buffer.from(token.split(".")[0], "base64url")).alg;
}

function withSecret(secret) {
  const config = new client.Configuration(app.serverMetadata(), shop.id, undefined, client.ClientSecretPost(secret));
  client.allowInsecureRequests(config);
  return config;
}
