package identity

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/vn"
)

const (
	// RequestLife is how long a request waits for the second officer.
	RequestLife = 7 * day
	// keepRequests is how long requests stay; the migration states the same.
	keepRequests = 400 * day
	// maxRequests bounds the list of those that wait.
	maxRequests  = 200
	requestBox   = "account.request"
	RefRequest   = "account_request"
	levelFull    = 2 // the level that takes two officers
	levelPartial = 1
)

// A RequestKind is what a change at the counter does.
type RequestKind string

// The changes.
const (
	RequestCreate RequestKind = "create"
	RequestLevel  RequestKind = "level"  // to level 2
	RequestPhone  RequestKind = "phone"  // where codes go
	RequestNumber RequestKind = "number" // a corrected identity number
)

// A Check is how the officer knew the person at the counter.
type Check string

// What an officer may have checked.
const (
	CheckCard  Check = "card"  // the identity card, seen, face compared
	CheckChip  Check = "chip"  // its chip, read by a device
	CheckOther Check = "paper" // another paper with a photograph, of the law's list
)

// Checks returns them in the order of lists.
func Checks() []Check { return []Check{CheckCard, CheckChip, CheckOther} }

// A RequestState is where a request stands.
type RequestState string

// The states. Applied is a change that needed one officer only.
const (
	RequestPending   RequestState = "pending"
	RequestApproved  RequestState = "approved"
	RequestRefused   RequestState = "refused"
	RequestWithdrawn RequestState = "withdrawn"
	RequestExpired   RequestState = "expired"
	RequestApplied   RequestState = "applied"
)

var (
	// ErrSelfApproval says that who asked for a change is not who may allow it.
	ErrSelfApproval = errors.New("identity: one's own request")
	// ErrNoRequest says that there is no such request.
	ErrNoRequest = errors.New("identity: no such request")
	// ErrRequestOver says that a request was decided already or has expired.
	ErrRequestOver = errors.New("identity: the request is over")
	// ErrRequestOpen says that the same change waits already.
	ErrRequestOpen = errors.New("identity: such a request waits already")
	// ErrStale says that the account has changed since the request was made:
	// what the second officer would allow is not what the first one saw.
	ErrStale = errors.New("identity: the account has changed since")
	// ErrNoCheck says that nothing was checked.
	ErrNoCheck = errors.New("identity: nothing was checked")
	// ErrSame says that a change changes nothing.
	ErrSame = errors.New("identity: no change")
)

// Wanted is what a request would write; fields of other kinds are empty.
type Wanted struct {
	Number    string `json:"number,omitempty"`
	Name      string `json:"name,omitempty"`
	BirthDate string `json:"birth_date,omitempty"`
	Sex       string `json:"sex,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Level     int    `json:"level,omitempty"`
	// Seen is the account as the first officer saw it.
	Seen string `json:"seen,omitempty"`
}

// A Request is a change at the counter, done or waiting.
type Request struct {
	ID          string
	Kind        RequestKind
	State       RequestState
	AccountID   string // "" for one that is still to be made
	Check       Check
	RequestedBy string // the officer's id
	DecidedBy   string
	RequestedAt time.Time
	ExpiresAt   time.Time
	DecidedAt   *time.Time
	Own         bool // the officer who asks made it
	// Wanted is there only while the request waits, Account only with an
	// account.
	Wanted  Wanted
	Account Account
}

type requestRow struct {
	ID          string     `db:"id"`
	Kind        string     `db:"kind"`
	AccountID   *string    `db:"account_id"`
	Data        *string    `db:"data"`
	Checked     string     `db:"checked"`
	State       string     `db:"state"`
	RequestedBy string     `db:"requested_by"`
	RequestedAt time.Time  `db:"requested_at"`
	ExpiresAt   time.Time  `db:"expires_at"`
	DecidedBy   *string    `db:"decided_by"`
	DecidedAt   *time.Time `db:"decided_at"`
}

const requestColumns = `id, kind, account_id, data, checked, state, requested_by, requested_at, expires_at, decided_by, decided_at`

func (s *Service) request(c Clerk, r requestRow) (Request, error) {
	out := Request{ID: r.ID, Kind: RequestKind(r.Kind), State: RequestState(r.State), Check: Check(r.Checked), RequestedBy: r.RequestedBy,
		RequestedAt: r.RequestedAt, ExpiresAt: r.ExpiresAt, DecidedAt: r.DecidedAt, Own: r.RequestedBy == c.By.ID}
	if r.AccountID != nil {
		out.AccountID = *r.AccountID
	}
	if r.DecidedBy != nil {
		out.DecidedBy = *r.DecidedBy
	}
	if out.State == RequestPending && !r.ExpiresAt.After(s.now()) {
		out.State = RequestExpired
	}
	if r.Data == nil || out.State != RequestPending {
		return out, nil
	}
	plain, err := s.Box.Open(requestBox, r.ID, *r.Data)
	if err != nil {
		return Request{}, err
	}
	return out, json.Unmarshal(plain, &out.Wanted)
}

// seen is what a second officer's word is about.
func (a Account) seen() string {
	return a.Number + "|" + a.Name + "|" + a.BirthDate + "|" + a.Sex + "|" + a.Phone + "|" + string(rune('0'+a.Level))
}

// A Done tells what became of a change: exactly one of them is set.
type Done struct {
	AccountID string // it is done
	RequestID string // it waits for a second officer
}

// CreateAccount makes an account of level 1, or asks for one of level 2. It
// errs with ErrNumberTaken, ErrOwnAccount, ErrNoCheck or ErrRequestOpen.
func (s *Service) CreateAccount(ctx context.Context, c Clerk, a Account, check Check) (d Done, err error) {
	if err := c.mayTouch(a.Number); err != nil {
		return d, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d = Done{}
		if err := s.numberFree(ctx, tx, a.Number); err != nil {
			return err
		}
		w := Wanted{Number: a.Number, Name: a.Name, BirthDate: a.BirthDate, Sex: a.Sex, Phone: a.Phone, Level: a.Level}
		if a.Level >= levelFull {
			d.RequestID, err = s.ask(ctx, tx, c, RequestCreate, "", w, check)
			return err
		}
		made, err := s.Insert(ctx, tx, c.By, w.account())
		if err != nil {
			return err
		}
		d.AccountID = made.ID
		return s.applied(ctx, tx, c, RequestCreate, made.ID, check)
	})
	if errors.Is(err, db.ErrExists) {
		err = ErrNumberTaken
	}
	return d, err
}

func (w Wanted) account() Account {
	return Account{Number: w.Number, Name: w.Name, BirthDate: w.BirthDate, Sex: w.Sex, Phone: w.Phone, Level: w.Level}
}

func (s *Service) numberFree(ctx context.Context, q db.Querier, number string) error {
	_, err := s.Find(ctx, q, number)
	switch {
	case err == nil:
		return ErrNumberTaken
	case errors.Is(err, ErrNoAccount):
		return nil
	}
	return err
}

// ChangePhone changes where codes go, after the person was at the counter; of
// a level-2 account it asks a second officer. It errs with ErrNoAccount,
// ErrOwnAccount, ErrSame, ErrNoCheck or ErrRequestOpen.
func (s *Service) ChangePhone(ctx context.Context, c Clerk, id, phone string, check Check) (Done, error) {
	return s.counterChange(ctx, c, id, RequestPhone, check, func(a Account) (Wanted, error) {
		if a.Phone == phone {
			return Wanted{}, ErrSame
		}
		return Wanted{Phone: phone}, nil
	})
}

// ChangeNumber corrects an identity number; the rest is as with ChangePhone,
// and ErrNumberTaken.
func (s *Service) ChangeNumber(ctx context.Context, c Clerk, id, number string, check Check) (Done, error) {
	if err := c.mayTouch(number); err != nil {
		return Done{}, err
	}
	return s.counterChange(ctx, c, id, RequestNumber, check, func(a Account) (Wanted, error) {
		if a.Number == number {
			return Wanted{}, ErrSame
		}
		return Wanted{Number: number}, nil
	})
}

// RaiseLevel asks for level 2 of an account. It errs as ChangePhone does.
func (s *Service) RaiseLevel(ctx context.Context, c Clerk, id string, check Check) (Done, error) {
	return s.counterChange(ctx, c, id, RequestLevel, check, func(a Account) (Wanted, error) {
		if a.Level >= levelFull {
			return Wanted{}, ErrSame
		}
		return Wanted{Level: levelFull}, nil
	})
}

func (s *Service) counterChange(ctx context.Context, c Clerk, id string, kind RequestKind, check Check, want func(Account) (Wanted, error)) (d Done, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		d = Done{}
		a, err := s.lockRow(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if a.Status == StatusClosed {
			return ErrNotActive
		}
		w, err := want(a)
		if err != nil {
			return err
		}
		if w.Number != "" {
			if err := s.numberFree(ctx, tx, w.Number); err != nil {
				return err
			}
		}
		if a.Level >= levelFull || w.Level >= levelFull {
			w.Seen = a.seen()
			d.RequestID, err = s.ask(ctx, tx, c, kind, a.ID, w, check)
			return err
		}
		if err := s.apply(ctx, tx, c, kind, a, w); err != nil {
			return err
		}
		d.AccountID = a.ID
		return s.applied(ctx, tx, c, kind, a.ID, check)
	})
	if errors.Is(err, db.ErrExists) {
		err = ErrNumberTaken
	}
	return d, err
}

func validCheck(check Check) bool {
	for _, one := range Checks() {
		if one == check {
			return true
		}
	}
	return false
}

// subject keeps two open requests for one thing apart.
func (s *Service) subject(kind RequestKind, accountID string, w Wanted) string {
	if accountID == "" {
		return string(kind) + ":" + s.mac("account-request", w.Number)
	}
	return string(kind) + ":" + accountID
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, c Clerk, kind RequestKind, accountID string, w Wanted, check Check) (id string, err error) {
	if !validCheck(check) {
		return "", ErrNoCheck
	}
	plain, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	id = db.NewID()
	sealed, err := s.Box.Seal(requestBox, id, plain)
	if err != nil {
		return "", err
	}
	now, subject := s.now(), s.subject(kind, accountID, w)
	// One that nobody decided in time makes room.
	if _, err := db.Exec(ctx, tx, `UPDATE account_request SET state = $1, data = NULL WHERE subject = $2 AND state = $3 AND expires_at <= $4`,
		RequestExpired, subject, RequestPending, now); err != nil {
		return "", err
	}
	n, err := db.Exec(ctx, tx, `INSERT INTO account_request (id, kind, subject, account_id, data, checked, state, requested_by, requested_at, expires_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) ON CONFLICT DO NOTHING`,
		id, kind, subject, textOrNil(accountID), sealed, check, RequestPending, c.By.ID, now, now.Add(RequestLife))
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrRequestOpen
	}
	return id, s.recordRequest(ctx, tx, c, "account.request", id, kind, accountID, check)
}

// applied keeps what was checked for a change that one officer may make.
func (s *Service) applied(ctx context.Context, tx *db.Tx, c Clerk, kind RequestKind, accountID string, check Check) error {
	if !validCheck(check) {
		return ErrNoCheck
	}
	id, now := db.NewID(), s.now()
	if _, err := db.Exec(ctx, tx, `INSERT INTO account_request (id, kind, subject, account_id, checked, state, requested_by, requested_at, expires_at, decided_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8,$8)`, id, kind, string(kind)+":"+accountID, accountID, check, RequestApplied, c.By.ID, now); err != nil {
		return err
	}
	return s.recordRequest(ctx, tx, c, "account.counter_change", id, kind, accountID, check)
}

func (s *Service) recordRequest(ctx context.Context, tx *db.Tx, c Clerk, action, id string, kind RequestKind, accountID string, check Check) error {
	target := audit.Ref{Kind: RefRequest, ID: id}
	if accountID != "" {
		target = ref(accountID)
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: c.By, Target: target, Outcome: audit.OK,
		Detail: map[string]string{"request_id": id, "kind": string(kind), "checked": string(check)}})
}

// apply writes a change of an account that is there.
func (s *Service) apply(ctx context.Context, tx *db.Tx, c Clerk, kind RequestKind, a Account, w Wanted) error {
	detail := map[string]string{}
	action := "account.phone_change"
	switch kind {
	case RequestPhone:
		if err := s.setPhone(ctx, tx, a, w.Phone); err != nil {
			return err
		}
	case RequestNumber:
		action = "account.number_change"
		detail["number_before"], detail["number_after"] = vn.MaskNumber(a.Number), vn.MaskNumber(w.Number)
		if err := s.setNumber(ctx, tx, a, w.Number); err != nil {
			return err
		}
	case RequestLevel:
		action = "account.level_change"
		detail["level_before"], detail["level_after"] = string(rune('0'+a.Level)), string(rune('0'+w.Level))
		if err := s.setLevel(ctx, tx, a, w.Level); err != nil {
			return err
		}
	default:
		return errors.New("identity: no change of an account: " + string(kind))
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: c.By, Target: ref(a.ID), Outcome: audit.OK, Detail: detail})
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
