package oidcop

import (
	"context"
	"strings"

	"motcua/internal/db"
)

// The id site's own services. They have no address to which /authorize would
// answer and never exchange a code: their requests begin with StartOwn and end
// on a page of the id site.
const (
	// ClientAccount is "Tài khoản của tôi".
	ClientAccount = "tai-khoan"
	// ClientRecovery is the setting anew of a forgotten password. Its requests
	// can be approved on a phone and sign nobody in.
	ClientRecovery = "dat-lai-mat-khau"
)

// Own tells that a service is a page of the id site itself.
func (c *Client) Own() bool { return c.ID == ClientAccount || c.ID == ClientRecovery }

// OwnClients are the id site's own services at a public address.
func OwnClients(issuer string) []Client {
	return []Client{
		{ID: ClientAccount, Name: "Tài khoản của tôi", NameEN: "My account", SMSName: "Tai khoan cua toi", SignInURL: issuer + "/tai-khoan"},
		{ID: ClientRecovery, Name: "Trang đặt lại mật khẩu", NameEN: "The page for a new password", SMSName: "Dat lai mat khau", SignInURL: issuer + "/quen-mat-khau"},
	}
}

// StartOwn writes a request of an own service for this browser and returns its
// id. path is the page that it leads to.
func (p *Provider) StartOwn(ctx context.Context, clientID, browser, path string) (id string, err error) {
	c, err := p.client(ctx, clientID)
	if err != nil {
		return "", err
	}
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := p.insertRequest(ctx, tx, params{client: c, redirectURI: p.Issuer + path}, browser)
		id = r.ID
		return err
	})
	return id, err
}

// signsIn tells whether a request may end in a session.
func (w Waiting) signsIn() bool { return w.Client.ID != ClientRecovery }

// Path is where on the id site an own request leads, "" for others.
func (p *Provider) ownPath(r request) (string, bool) {
	if r.ClientID != ClientAccount {
		return "", false
	}
	return strings.TrimPrefix(r.RedirectURI, p.Issuer), true
}
