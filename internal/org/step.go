package org

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/session"
)

// How an officer proved who they are, in a session's AMR: RFC 8176, and a word
// of our own for VNeID, which stands for two factors.
const (
	amrPassword = "pwd"
	amrCode     = "otp"
	amrVNeID    = "vneid"
)

// pending is a row of officer_step, or what is to become one.
type pending struct {
	ID         string    `db:"id"`
	OfficerID  string    `db:"officer_id"`
	Next       NextStep  `db:"next"`
	AMR        string    `db:"amr"` // words parted by blanks
	Failures   int       `db:"failures"`
	TOTPSecret *string   `db:"totp_secret"`
	Issuer     string    `db:"issuer"`
	Subject    string    `db:"subject"`
	SID        string    `db:"provider_sid"`
	Device     string    `db:"device"`  // digest
	Machine    string    `db:"machine"` // digest
	Former     string    `db:"former"`  // session id
	Agent      string    `db:"agent"`
	Source     string    `db:"source"` // address
	ExpiresAt  time.Time `db:"expires_at"`

	token string
}

const stepColumns = `id, officer_id, next, amr, failures, totp_secret, issuer, subject, provider_sid, device, machine, former, agent, source, expires_at`

func (p *pending) proved(method string) bool { return slices.Contains(strings.Fields(p.AMR), method) }

func (p *pending) prove(method string) {
	if !p.proved(method) {
		p.AMR = strings.TrimSpace(p.AMR + " " + method)
	}
}

// begin gathers what a sign-in in this browser needs to know until its end.
func (s *Service) begin(ctx context.Context, officerID string, t Try) (*pending, error) {
	p := &pending{OfficerID: officerID, Agent: t.Agent, Source: t.Source.String()}
	if t.Device != "" {
		p.Device = digest(t.Device)
	}
	if t.Machine != "" {
		p.Machine = digest(t.Machine)
	}
	former, err := s.sessions.Find(ctx, s.db, Site, SessionKind, t.Former)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	p.Former = former.ID
	return p, nil
}

// asks returns what is still to be done, in the order of the house: second
// factor, another password, enrolment, "" for nothing.
func (p *pending) asks(o Officer, posts []Post) NextStep {
	switch {
	case o.TOTPSince != nil && !p.proved(amrCode) && !p.proved(amrVNeID):
		return NextTOTP
	case o.MustChange && p.proved(amrPassword):
		return NextChange
	case o.TOTPSince == nil && NeedsTOTP(posts):
		return NextEnrol
	}
	return ""
}

// advance goes on from what has been proved: to the next step, or to the
// session. The officer was read by lockOfficer.
func (s *Service) advance(ctx context.Context, tx *db.Tx, o Officer, p *pending) (Step, error) {
	posts, err := s.Posts(ctx, tx, o.ID, s.clk.Now())
	if err != nil {
		return Step{}, err
	}
	next := p.asks(o, posts)
	if next == "" {
		done, err := s.open(ctx, tx, o, posts, p)
		return Step{Done: done}, err
	}
	if err := s.putStep(ctx, tx, p, next); err != nil {
		return Step{}, err
	}
	return Step{Token: p.token, Next: next}, nil
}

// putStep writes what a sign-in asks for next; failures begin anew, because
// they count against one secret.
func (s *Service) putStep(ctx context.Context, tx *db.Tx, p *pending, next NextStep) error {
	p.Next = next
	now := s.clk.Now()
	if p.ID != "" {
		_, err := db.Exec(ctx, tx, `UPDATE officer_step SET next = $2, amr = $3, failures = 0 WHERE id = $1`, p.ID, p.Next, p.AMR)
		return err
	}
	p.ID, p.token, p.ExpiresAt = db.NewID(), newToken(), now.Add(StepLife)
	_, err := db.Exec(ctx, tx, `INSERT INTO officer_step (id, token_digest, officer_id, next, amr, failures, issuer, subject, provider_sid, device, machine, former,
		agent, source, created_at, expires_at) VALUES ($1,$2,$3,$4,$5,0,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		p.ID, digest(p.token), p.OfficerID, p.Next, p.AMR, p.Issuer, p.Subject, p.SID, p.Device, p.Machine, p.Former, p.Agent, p.Source, now, p.ExpiresAt)
	return err
}

// newToken returns a random token of 256 bits.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// step finds a live pending sign-in, or ErrNoStep.
func (s *Service) step(ctx context.Context, q db.Querier, token string, next ...NextStep) (*pending, error) {
	p, err := db.Get[pending](ctx, q, `SELECT `+stepColumns+` FROM officer_step WHERE token_digest = $1 AND ended_at IS NULL AND expires_at > $2`,
		digest(token), s.clk.Now())
	if errors.Is(err, db.ErrNotFound) || err == nil && len(next) > 0 && !slices.Contains(next, p.Next) {
		return nil, ErrNoStep
	}
	if err != nil {
		return nil, err
	}
	p.token = token
	return &p, nil
}

// lockedStep is step with its officer, read by lockOfficer: two presses of one
// button go on one after the other. A step of an officer who may no longer
// sign in is none.
func (s *Service) lockedStep(ctx context.Context, tx *db.Tx, token string, next NextStep) (*pending, Officer, error) {
	p, err := s.step(ctx, tx, token)
	if err != nil {
		return nil, Officer{}, err
	}
	o, err := s.lockOfficer(ctx, tx, p.OfficerID)
	if err != nil {
		return nil, Officer{}, err
	}
	if p, err = s.step(ctx, tx, token, next); err == nil && o.Status != Active {
		err = ErrNoStep
	}
	return p, o, err
}

// Pending returns what the page of a pending sign-in shows. It errs with
// ErrNoStep.
func (s *Service) Pending(ctx context.Context, token string) (PendingView, error) {
	p, err := s.step(ctx, s.db, token)
	if err != nil {
		return PendingView{}, err
	}
	o, err := s.byID(ctx, s.db, p.OfficerID)
	return PendingView{Username: o.Username, Name: o.Name, Next: p.Next, Left: p.ExpiresAt.Sub(s.clk.Now())}, err
}

// Abandon ends a pending sign-in because the person does not go on with it.
func (s *Service) Abandon(ctx context.Context, token string) error {
	_, err := db.Exec(ctx, s.db, `UPDATE officer_step SET ended_at = $1 WHERE token_digest = $2 AND ended_at IS NULL`, s.clk.Now(), digest(token))
	return err
}

func (s *Service) byID(ctx context.Context, q db.Querier, id string) (Officer, error) {
	return db.Get[Officer](ctx, q, `SELECT `+officerColumns+` FROM officer WHERE id = $1`, id)
}

// open is the end of every sign-in: the session, its post, and what is kept of
// it.
func (s *Service) open(ctx context.Context, tx *db.Tx, o Officer, posts []Post, p *pending) (*Opened, error) {
	now := s.clk.Now()
	if p.ID != "" {
		n, err := db.Exec(ctx, tx, `UPDATE officer_step SET ended_at = $1, totp_secret = NULL WHERE id = $2 AND ended_at IS NULL`, now, p.ID)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, ErrNoStep
		}
	}
	if p.Former != "" {
		if err := s.sessions.Revoke(ctx, tx, p.Former, "signed_in_again"); err != nil {
			return nil, err
		}
	}
	source, _ := netip.ParseAddr(p.Source)
	shared, err := s.sharedBy(ctx, tx, p.Machine, source)
	if err != nil {
		return nil, err
	}
	choice, err := db.Get[string](ctx, tx, `SELECT default_page FROM officer WHERE id = $1`, o.ID)
	if err != nil {
		return nil, err
	}
	out := &Opened{Shared: shared}
	var postID string
	postID, out.Page, out.Fallen = DefaultFor(choice, posts)
	post := activePost(postID, posts, o)
	token, v, err := s.sessions.Create(ctx, tx, session.Session{Site: Site, Kind: SessionKind, Subject: o.ID, ProviderSID: p.SID, AuthTime: now,
		ExpiresAt: now.Add(SessionLife), Idle: s.idleOn(shared), AMR: strings.Fields(p.AMR), Agent: p.Agent, Address: p.Source})
	if err != nil {
		return nil, err
	}
	out.Token = token
	if err := s.putVisit(ctx, tx, v, post.ID, now); err != nil {
		return nil, err
	}
	if err := s.rememberDevice(ctx, tx, p.Device, o.ID); err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE officer SET previous_sign_in_at = last_sign_in_at, last_sign_in_at = $2 WHERE id = $1`, o.ID, now); err != nil {
		return nil, err
	}
	return out, s.audit.Append(ctx, tx, audit.Event{Action: "officer.sign_in", Actor: ref(o.ID), Target: ref(o.ID), Outcome: audit.OK,
		Detail: map[string]string{"session": v.ID, "method": p.AMR, "post_id": post.ID}})
}

// endSteps ends the pending sign-ins of an officer, as a reset must.
func (s *Service) endSteps(ctx context.Context, tx *db.Tx, officerID string) error {
	_, err := db.Exec(ctx, tx, `UPDATE officer_step SET ended_at = $1, totp_secret = NULL WHERE officer_id = $2 AND ended_at IS NULL`, s.clk.Now(), officerID)
	return err
}
