package identity

import (
	"context"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/ratelimit"
)

// Kinds of errands: what a person does to their own account in several steps.
const (
	errandProof    = "proof"     // who is signed in proves again who they are
	errandNewPhone = "new_phone" // the code of another phone
	errandForgot   = "forgotten" // a password that is forgotten
)

// Second proofs of a forgotten password, beside the code by SMS.
const (
	SecondApp    = "app"    // approved in the activated phone's app
	SecondLetter = "letter" // a letter from the counter
)

const (
	// ErrandLife ends an errand that nobody finishes.
	ErrandLife = 15 * time.Minute
	// ProofFresh is how long who was proven anew may change something (SES-04).
	ProofFresh = 5 * time.Minute
	// LetterTries wrong letter codes end an errand.
	LetterTries = 5

	// errandSends of codes a day for one account or number, known or not.
	errandSends = 10
)

// ErrErrandOver says that the steps of this browser are too old, done, or
// never were: the person begins again.
var ErrErrandOver = refuse(Over)

type errand struct {
	ID             string     `db:"id"`
	Kind           string     `db:"kind"`
	AccountID      *string    `db:"account_id"`
	SessionID      *string    `db:"session_id"`
	Browser        string     `db:"browser"`
	LimitKey       string     `db:"limit_key"`
	Phone          string     `db:"phone"`
	Source         string     `db:"source"`
	CreatedAt      time.Time  `db:"created_at"`
	Sends          int        `db:"sends"`
	CodeAt         time.Time  `db:"code_at"`
	CodeDigest     string     `db:"code_digest"`
	FormerAt       *time.Time `db:"former_at"`
	FormerDigest   string     `db:"former_digest"`
	SMSID          string     `db:"sms_id"`
	Held           string     `db:"held"`
	Failures       int        `db:"failures"`
	CodedAt        *time.Time `db:"coded_at"`
	RequestID      *string    `db:"request_id"`
	Second         string     `db:"second"`
	SecondFailures int        `db:"second_failures"`
	LetterID       *string    `db:"letter_id"`
	EndedAt        *time.Time `db:"ended_at"`
}

const errandColumns = `id, kind, account_id, session_id, browser, limit_key, phone, source, created_at, sends, code_at, code_digest,
	former_at, former_digest, sms_id, held, failures, coded_at, request_id, second, second_failures, letter_id, ended_at`

func (e errand) live(now time.Time) bool {
	return e.EndedAt == nil && e.CreatedAt.Add(ErrandLife).After(now)
}

// overtaken reports whether the account changed since the errand began:
// whoever began it may be whom the change shuts out.
func (e errand) overtaken(a Account) bool {
	return a.Status != StatusActive || e.Kind != errandNewPhone && e.Phone != a.Phone ||
		a.PasswordSetAt != nil && a.PasswordSetAt.After(e.CreatedAt)
}

// insertErrand writes an errand, after which its first code is asked for.
func (s *Service) insertErrand(ctx context.Context, tx *db.Tx, e errand) (errand, error) {
	e.ID, e.CreatedAt, e.CodeAt, e.Sends = db.NewID(), s.now(), s.now(), 0
	_, err := db.Exec(ctx, tx, `INSERT INTO account_errand (id, kind, account_id, session_id, browser, limit_key, phone, source, created_at,
			sends, code_at, code_digest, former_digest, sms_id, held, failures, second, second_failures)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,0,$9,'','','','',0,'',0)`,
		e.ID, e.Kind, e.AccountID, e.SessionID, e.Browser, e.LimitKey, e.Phone, e.Source, e.CreatedAt)
	return e, err
}

// askCode counts one code against the limits and queues the job that makes it.
// The job is queued for numbers without an account too, so that the answer
// takes the same time. It errs with *TooMany and then has changed nothing.
func (s *Service) askCode(ctx context.Context, tx *db.Tx, e errand, source netip.Addr) error {
	for _, l := range []keyed{
		{ratelimit.Limit{Name: "errand.code", Burst: errandSends * s.Limits.Factor, Per: day}, e.LimitKey},
		{ratelimit.Limit{Name: "errand.source", Burst: s.Limits.SendsPerSource * s.Limits.factor(source), Per: sourceWindow}, source.String()},
	} {
		ok, retry, err := s.Limiter.Allow(ctx, tx, l.limit, l.key)
		if err != nil {
			return err
		}
		if !ok {
			return &TooMany{Retry: retry}
		}
	}
	n, err := db.Get[int](ctx, tx, `UPDATE account_errand SET sends = sends + 1, former_digest = code_digest, former_at = code_at,
		code_digest = '', code_at = $1, sms_id = '' WHERE id = $2 RETURNING sends`, s.now(), e.ID)
	if err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, errandCode{ID: e.ID, NthID: n})
}

// sessionErrand returns the newest errand of a kind in a session of the
// provider, or ErrErrandOver.
func (s *Service) sessionErrand(ctx context.Context, q db.Querier, kind, sessionID string) (errand, Account, error) {
	e, err := db.Get[errand](ctx, q, `SELECT `+errandColumns+` FROM account_errand WHERE session_id = $1 AND kind = $2
		ORDER BY created_at DESC, id DESC LIMIT 1`, sessionID, kind)
	return s.usable(ctx, q, e, err)
}

// forgotten returns the errand with this id if it is this browser's, or
// ErrErrandOver.
func (s *Service) forgotten(ctx context.Context, q db.Querier, id, browser string) (errand, Account, error) {
	e, err := db.Get[errand](ctx, q, `SELECT `+errandColumns+` FROM account_errand WHERE id = $1 AND browser = $2 AND kind = $3`,
		id, digest(browser), errandForgot)
	return s.usable(ctx, q, e, err)
}

func (s *Service) usable(ctx context.Context, q db.Querier, e errand, err error) (errand, Account, error) {
	if isNotFound(err) || err == nil && !e.live(s.now()) {
		return e, Account{}, ErrErrandOver
	}
	if err != nil {
		return e, Account{}, err
	}
	// Asked for where there is none too: the same work.
	id := ""
	if e.AccountID != nil {
		id = *e.AccountID
	}
	a, err := s.Get(ctx, q, id)
	if err == ErrNoAccount && e.AccountID == nil {
		return e, Account{}, nil
	}
	if err == nil && e.overtaken(a) {
		err = ErrErrandOver
	}
	return e, a, err
}

// endErrand uses an errand up: of many at once one gets true.
func (s *Service) endErrand(ctx context.Context, tx *db.Tx, e errand) (bool, error) {
	n, err := db.Exec(ctx, tx, `UPDATE account_errand SET ended_at = $1, code_digest = '', former_digest = '' WHERE id = $2 AND ended_at IS NULL`, s.now(), e.ID)
	return n == 1, err
}

func (s *Service) auditErrand(ctx context.Context, tx *db.Tx, action string, e errand, out audit.Outcome, reason string) error {
	v := audit.Event{Action: action, Outcome: out, Reason: reason, Target: audit.Ref{Kind: RefNumber, ID: e.LimitKey}}
	if e.AccountID != nil {
		v.Target = ref(*e.AccountID)
		if e.SessionID != nil {
			v.Actor = v.Target
		}
	}
	return s.Audit.Append(ctx, tx, v)
}
