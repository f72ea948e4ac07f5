package identity

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/session"
)

// KindApp is the session kind of the phone app. /authorize does not know it.
const KindApp = "app"

const (
	// appIdle and appLife bound the app's session; the passcode opens another.
	appIdle = 10 * time.Minute
	appLife = time.Hour
	// appAfterApproval is how long the app stays open after an approval whose
	// "Đóng" nobody pressed (decided point "Phone app").
	appAfterApproval = time.Minute
	// provenLife is how long a key shown counts on the way through password
	// and code.
	provenLife = 15 * time.Minute
)

// Steps of the app's sign-in.
const (
	StepOTP   = "otp"
	StepEnrol = "enrol"
	StepWait  = "wait"
)

// smsApp names the app in the message with a code.
const smsApp = "ung dung dinh danh"

type appSession struct {
	SessionID    string     `db:"session_id"`
	AccountID    string     `db:"account_id"`
	PhoneID      *string    `db:"phone_id"`
	WaitUntil    *time.Time `db:"wait_until"`
	PasscodeAt   *time.Time `db:"passcode_at"`
	CodeFailures int        `db:"code_failures"`
	EndsAt       *time.Time `db:"ends_at"`
	CreatedAt    time.Time  `db:"created_at"`
}

// An App is somebody signed in to the phone app, or on the way to it.
type App struct {
	appSession
	Account Account
	Phone   *Phone // nil until activated
}

// Step is what is left to do before the app can be used; "" when it can.
func (a App) Step(now time.Time) string {
	switch {
	case a.Phone != nil:
		return ""
	case a.WaitUntil != nil && a.WaitUntil.After(now):
		return StepWait
	}
	return StepEnrol
}

func (a App) fresh(now time.Time) bool {
	return a.PasscodeAt != nil && now.Sub(*a.PasscodeAt) < passcodeFresh
}

// App returns who is behind a token of the app. It errs with a *Refusal.
func (s *Service) App(ctx context.Context, token string) (App, error) {
	if token == "" {
		return App{}, refuse(NotSigned)
	}
	v, err := s.Sessions.Lookup(ctx, Site, KindApp, token)
	if errors.Is(err, session.ErrNotFound) {
		return App{}, refuse(NotSigned)
	}
	if err != nil {
		return App{}, err
	}
	row, err := db.Get[appSession](ctx, s.DB, `SELECT session_id, account_id, phone_id, wait_until, passcode_at, code_failures, ends_at, created_at
		FROM app_session WHERE session_id = $1`, v.ID)
	if isNotFound(err) || err == nil && row.EndsAt != nil && !row.EndsAt.After(s.now()) {
		return App{}, refuse(NotSigned)
	}
	if err != nil {
		return App{}, err
	}
	a := App{appSession: row}
	if a.Account, err = s.Get(ctx, s.DB, row.AccountID); err != nil {
		return App{}, err
	}
	if a.Account.Status != StatusActive {
		return App{}, refuse(NotSigned)
	}
	if row.PhoneID == nil {
		return a, nil
	}
	p, err := s.phone(ctx, s.DB, *row.PhoneID)
	if isNotFound(err) {
		return App{}, refuse(NotActivated)
	}
	if err == nil && p.Locked() {
		return App{}, refuse(PhoneLocked)
	}
	a.Phone = &p
	return a, err
}

// signedApp is App for what only an activated phone may do.
func (s *Service) signedApp(ctx context.Context, token string) (App, error) {
	a, err := s.App(ctx, token)
	if err == nil && a.Phone == nil {
		err = refuse(NotActivated)
	}
	return a, err
}

func (s *Service) openAppSession(ctx context.Context, tx *db.Tx, row appSession, agent, address string, amr ...string) (string, error) {
	now := s.now()
	token, v, err := s.Sessions.Create(ctx, tx, session.Session{Site: Site, Kind: KindApp, Subject: row.AccountID, AuthTime: now,
		ExpiresAt: now.Add(appLife), Idle: appIdle, AMR: amr, Agent: agent, Address: address})
	if err != nil {
		return "", err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO app_session (session_id, account_id, phone_id, wait_until, passcode_at, code_failures, created_at)
		VALUES ($1,$2,$3,$4,$5,0,$6)`, v.ID, row.AccountID, row.PhoneID, row.WaitUntil, row.PasscodeAt, now)
	return token, err
}

// CloseApp signs out of the app; the activation stays. A session that is over
// already is no error.
func (s *Service) CloseApp(ctx context.Context, token string) error {
	v, err := s.Sessions.Lookup(ctx, Site, KindApp, token)
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.Sessions.Revoke(ctx, tx, v.ID, "user"); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "app.sign_out", Actor: ref(v.Subject), Target: ref(v.Subject), Outcome: audit.OK})
	})
}

// AppState is what the app shows when it is opened.
type AppState struct {
	App       *App // nil: nobody has given password and code
	Step      string
	OTP       *View // with StepOTP
	Challenge string
}

// AppState returns where this browser is on its way into the app.
func (s *Service) AppState(ctx context.Context, token, browser string) (AppState, error) {
	st := AppState{Challenge: s.Challenge()}
	a, err := s.App(ctx, token)
	if err == nil {
		st.App, st.Step = &a, a.Step(s.now())
		if st.Step == StepEnrol {
			st.Challenge = s.enrolChallenge(a.SessionID)
		}
		return st, nil
	}
	if _, refused := errors.AsType[*Refusal](err); !refused {
		return st, err
	}
	entry, err := s.entry(ctx, s.DB, browser)
	if isNotFound(err) || err == nil && entry.RequestID == "" {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	v, err := s.View(ctx, entry.RequestID, browser)
	if errors.Is(err, ErrNoAttempt) || err == nil && v.Done {
		return st, nil
	}
	if err == nil {
		st.Step, st.OTP = StepOTP, &v
	}
	return st, err
}

type appEntry struct {
	RequestID   string     `db:"request_id"`
	ProvenPhone string     `db:"proven_phone"`
	ProvenAt    *time.Time `db:"proven_at"`
	CreatedAt   time.Time  `db:"created_at"`
}

func (s *Service) entry(ctx context.Context, q db.Querier, browser string) (appEntry, error) {
	if browser == "" {
		return appEntry{}, db.ErrNotFound
	}
	return db.Get[appEntry](ctx, q, `SELECT request_id, proven_phone, proven_at, created_at FROM app_entry WHERE browser = $1`, digest(browser))
}

// EnterApp looks at number and password for the app and sends a code. The
// request id of t is not used: the app's sign-ins have names of their own, in
// which a press of the button while a code is on its way stays the same
// sign-in. It errs as CheckPassword does.
func (s *Service) EnterApp(ctx context.Context, t Try) (View, error) {
	e, err := s.entry(ctx, s.DB, t.Browser)
	if err != nil && !isNotFound(err) {
		return View{}, err
	}
	t.RequestID, t.Service = e.RequestID, smsApp
	if t.RequestID != "" {
		v, err := s.View(ctx, t.RequestID, t.Browser)
		if err != nil || v.Done || v.Cancelled {
			t.RequestID = ""
		}
	}
	if t.RequestID == "" {
		t.RequestID = "app:" + db.NewID()
	}
	if err := s.CheckPassword(ctx, t); err != nil {
		return View{}, err
	}
	if _, err := db.Exec(ctx, s.DB, `INSERT INTO app_entry (browser, request_id, proven_phone, created_at) VALUES ($1, $2, '', $3)
		ON CONFLICT (browser) DO UPDATE SET request_id = EXCLUDED.request_id, created_at = EXCLUDED.created_at`, digest(t.Browser), t.RequestID, s.now()); err != nil {
		return View{}, err
	}
	return s.View(ctx, t.RequestID, t.Browser)
}

// ResendApp sends another code for the app's sign-in. It errs as Resend does.
func (s *Service) ResendApp(ctx context.Context, browser string, source netip.Addr) (View, error) {
	e, err := s.entry(ctx, s.DB, browser)
	if isNotFound(err) {
		return View{}, ErrNoAttempt
	}
	if err != nil {
		return View{}, err
	}
	if err := s.Resend(ctx, e.RequestID, browser, source); err != nil {
		return View{}, err
	}
	return s.View(ctx, e.RequestID, browser)
}

// AppConfirmed is what came of the app's code.
type AppConfirmed struct {
	Verdict Verdict
	Token   string
	Step    string
	Until   time.Time // with StepWait
}

// ConfirmApp judges the code of the app's sign-in. The right one opens a
// session that may activate this phone, at once or after the wait for one that
// replaces another. device is the browser's lasting mark. It errs with
// ErrNoAttempt.
func (s *Service) ConfirmApp(ctx context.Context, browser, device, typed, agent, address string) (out AppConfirmed, err error) {
	e, err := s.entry(ctx, s.DB, browser)
	if isNotFound(err) {
		return out, ErrNoAttempt
	}
	if err != nil {
		return out, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out = AppConfirmed{}
		if out.Verdict, err = s.Confirm(ctx, tx, e.RequestID, browser, device, typed); err != nil || out.Verdict.Outcome != Confirmed {
			return err
		}
		account := out.Verdict.Account
		proven := ""
		if e.ProvenAt != nil && s.now().Sub(*e.ProvenAt) < provenLife {
			proven = e.ProvenPhone
		}
		until, err := s.waitFor(ctx, tx, account, digest(device), proven)
		if err != nil {
			return err
		}
		row := appSession{AccountID: account.ID}
		out.Step = StepEnrol
		if until.After(s.now()) {
			row.WaitUntil, out.Until, out.Step = &until, until, StepWait
		}
		if out.Token, err = s.openAppSession(ctx, tx, row, agent, address, "pwd", "otp", "sms"); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `DELETE FROM app_entry WHERE browser = $1`, digest(browser)); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "app.enter", Actor: ref(account.ID), Target: ref(account.ID), Outcome: audit.OK, Reason: out.Step})
	})
	return out, err
}
