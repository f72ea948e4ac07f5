// Package interop tries the two ends of OpenID Connect against programs that
// others wrote: openid-client and mod_auth_openidc as relying parties of our
// provider, oidc-provider as provider of our relying party.
//
// Its tests need Node and Apache and so have a build tag: `make interop`.
package interop
