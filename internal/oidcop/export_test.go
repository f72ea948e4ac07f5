package oidcop

import "github.com/zitadel/oidc/v3/pkg/op"

// Storage is what the library's token endpoint works with.
func (p *Provider) Storage() op.Storage { return storage{p} }
