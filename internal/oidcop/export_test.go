package oidcop

import (
	"context"

	"motcua/internal/db"
)

// UseCode uses a code up and returns what gives its first tokens, as two
// requests do that come at once.
func (p *Provider) UseCode(ctx context.Context, client, code string) (first func() error, err error) {
	g, err := p.useCode(ctx, code)
	if err != nil {
		return nil, err
	}
	c, err := p.client(ctx, client)
	return func() error {
		return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := p.first(ctx, tx, c, g)
			return err
		})
	}, err
}
