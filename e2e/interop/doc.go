// Package interop proves the protocol against parties that others wrote:
// services by npm openid-client and by Apache's mod_auth_openidc at our
// provider, and our relying party at npm oidc-provider.
//
// Its tests carry the build tag interop and run by `make interop`, which wants
// Node and Apache beside what `make test` wants (scripts/with-parties).
package interop
