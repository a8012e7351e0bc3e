// Package passkey keeps passkeys (WebAuthn level 3): people add them to their
// account and log in by them.
//
// Either is a ceremony of two steps. [Store.BeginAdding] and [Store.BeginLogin]
// return the options for the browser and the ceremony's secret id;
// [Store.FinishAdding] and [Store.FinishLogin] take both answers.
//
// Guaranteed: a ceremony is good for one answer, for [CeremonyLife], and for the
// user who began it; the authenticator has verified the user, by a PIN or a look at
// them, so that a passkey needs no second factor; a count of signatures that does not
// grow, which is the sign of a copied authenticator, is refused, also among logins
// that come at once.
//
// Not guaranteed: of what make an authenticator is. No attestation is asked for, and
// what is said of it is not believed; a product for people has no use for it.
package passkey
