package demo

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/org"
	"motcua/internal/vn"
)

// Parts are what the invented province is written with.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	People   *identity.Service
	Provider *oidcop.Provider
	Org      *org.Service
	Hasher   *credential.Hasher
}

var by = audit.Ref{Kind: "system", ID: "demo"}

// Loaded reports whether a database belongs to a demo.
func Loaded(ctx context.Context, p Parts) (bool, error) {
	_, err := p.People.Find(ctx, p.DB, Citizens[0].Number)
	if errors.Is(err, identity.ErrNoAccount) {
		return false, nil
	}
	return err == nil, err
}

// Load writes what is missing of the province, and loadAccounts accounts for
// load tests. What is there is left as it is.
func Load(ctx context.Context, p Parts, loadAccounts int) error {
	if err := p.loadCitizens(ctx); err != nil {
		return err
	}
	if err := p.loadOffice(ctx); err != nil {
		return err
	}
	if loadAccounts > 0 {
		return p.loadLoad(ctx, min(loadAccounts, MaxLoadAccounts))
	}
	return nil
}

func (p Parts) loadCitizens(ctx context.Context) error {
	var missing []Person
	for _, c := range Citizens {
		switch _, err := p.People.Find(ctx, p.DB, c.Number); {
		case errors.Is(err, identity.ErrNoAccount):
			missing = append(missing, c)
		case err != nil:
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	hash, err := p.Hasher.Hash(ctx, CitizenPassword)
	if err != nil {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, c := range missing {
			if _, err := p.People.Insert(ctx, tx, by, identity.Account{Number: c.Number, Name: c.Name, BirthDate: c.BirthDate,
				Sex: string(c.Sex), Phone: c.Phone, Level: c.Level, PasswordHash: &hash}); err != nil {
				return err
			}
		}
		return nil
	})
}

// loadOffice writes units and officers. They come together: a demo with some
// of them has been changed by somebody, who may have meant it.
func (p Parts) loadOffice(ctx context.Context) error {
	switch _, err := p.Org.Officer(ctx, p.DB, Officers[0].Username); {
	case err == nil:
		return nil
	case !errors.Is(err, org.ErrNoOfficer):
		return err
	}
	hash, err := p.Hasher.Hash(ctx, OfficerPassword)
	if err != nil {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, u := range Units() {
			if _, err := p.Org.InsertUnit(ctx, tx, by, u); err != nil {
				return err
			}
		}
		for _, o := range Officers {
			if _, err := p.Org.InsertOfficer(ctx, tx, by, org.NewOfficer{Username: o.Username, Name: o.Name, Number: o.Number, Phone: o.Phone,
				Posts: p.posts(o)}, hash, false); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p Parts) posts(o Person) []org.NewPost {
	posts := make([]org.NewPost, len(o.Posts))
	for i, post := range o.Posts {
		posts[i] = org.NewPost{Role: post.Role, Unit: post.Unit}
		if post.Days > 0 {
			posts[i].To = vn.StartOfDay(p.Clock.Now()).AddDate(0, 0, post.Days)
		}
	}
	return posts
}

// loadBatch is the accounts of one transaction.
const loadBatch = identity.MaxImport

// loadLoad continues where an earlier start ended: the accounts are numbered
// without gaps.
func (p Parts) loadLoad(ctx context.Context, n int) error {
	if err := p.Provider.PutClient(ctx, oidcop.Client{ID: LoadClient, Name: "Đo tải", NameEN: "Load test", SMSName: "Do tai",
		RedirectURIs: []string{LoadRedirectURI}, Scopes: []string{"openid", "profile", "phone", "vneid"}, Refresh: true}, LoadSecret); err != nil {
		return err
	}
	exists := func(i int) (bool, error) {
		_, err := p.People.Find(ctx, p.DB, LoadNumber(i))
		if errors.Is(err, identity.ErrNoAccount) {
			return false, nil
		}
		return err == nil, err
	}
	if all, err := exists(n - 1); all || err != nil {
		return err
	}
	have := 0
	for have < n {
		there, err := exists(have)
		if err != nil {
			return err
		}
		if !there {
			break
		}
		have += loadBatch
	}
	have = max(0, have-loadBatch)
	hash, err := p.Hasher.Hash(ctx, LoadPassword)
	if err != nil {
		return err
	}
	if err := p.loadLoadOfficers(ctx, hash); err != nil {
		return err
	}
	for ; have < n; have += loadBatch {
		accounts := make([]identity.Account, 0, loadBatch)
		for i := have; i < min(have+loadBatch, n); i++ {
			accounts = append(accounts, identity.Account{Number: LoadNumber(i), Name: "Người Đo Tải", BirthDate: "1900",
				Sex: "male", Phone: LoadPhone(i), Level: 2, PasswordHash: &hash})
		}
		if err := p.People.Import(ctx, by, accounts); err != nil {
			return err
		}
	}
	return nil
}

// loadLoadOfficers writes the officers whose personal pages are saved under
// load. They come together, as loadOffice's do.
func (p Parts) loadLoadOfficers(ctx context.Context, hash string) error {
	switch _, err := p.Org.Officer(ctx, p.DB, LoadUsername(0)); {
	case err == nil:
		return nil
	case !errors.Is(err, org.ErrNoOfficer):
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for i := range LoadOfficers {
			if _, err := p.Org.InsertOfficer(ctx, tx, by, org.NewOfficer{Username: LoadUsername(i), Name: "Cán bộ Đo tải",
				Number: LoadNumber(i), Phone: LoadPhone(i), Posts: []org.NewPost{{Unit: Officers[1].Posts[0].Unit, Role: org.RoleReception}}}, hash, false); err != nil {
				return err
			}
		}
		return nil
	})
}
