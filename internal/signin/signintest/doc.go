// Package signintest is an OpenID provider for tests that answers rightly by
// default and wrongly on request. It has no pages: a test reads the address
// that the relying party made and decides itself what the person does there.
package signintest
