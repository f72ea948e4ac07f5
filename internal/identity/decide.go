package identity

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// ApproveRequest lets a second officer allow a request, and does it. It errs with
// ErrNoRequest, ErrSelfApproval, ErrOwnAccount, ErrRequestOver, ErrStale or
// ErrNumberTaken.
func (s *Service) ApproveRequest(ctx context.Context, c Clerk, id string) (accountID string, err error) {
	err = s.endRequest(ctx, c, id, RequestApproved, func(ctx context.Context, tx *db.Tx, r Request) error {
		if r.Kind == RequestCreate {
			if err := s.numberFree(ctx, tx, r.Wanted.Number); err != nil {
				return err
			}
			a, err := s.Insert(ctx, tx, c.By, r.Wanted.account())
			if err != nil {
				return err
			}
			accountID = a.ID
			_, err = db.Exec(ctx, tx, `UPDATE account_request SET account_id = $1 WHERE id = $2`, a.ID, r.ID)
			return err
		}
		a, err := s.lockRow(ctx, tx, c, r.AccountID)
		if err != nil {
			return err
		}
		if a.seen() != r.Wanted.Seen || a.Status == StatusClosed {
			return ErrStale
		}
		accountID = a.ID
		if r.Wanted.Number != "" {
			if err := s.numberFree(ctx, tx, r.Wanted.Number); err != nil {
				return err
			}
		}
		return s.apply(ctx, tx, c, r.Kind, a, r.Wanted)
	})
	if errors.Is(err, db.ErrExists) {
		err = ErrNumberTaken
	}
	if errors.Is(err, ErrSelfApproval) {
		// What somebody tries here is worth knowing.
		err = errors.Join(err, s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return s.Audit.Append(ctx, tx, audit.Event{Action: "account.request_approved", Actor: c.By, Target: audit.Ref{Kind: RefRequest, ID: id},
				Outcome: audit.Refused, Reason: "own_request"})
		}))
	}
	return accountID, err
}

// RefuseRequest lets a second officer turn a request down.
func (s *Service) RefuseRequest(ctx context.Context, c Clerk, id string) error {
	return s.endRequest(ctx, c, id, RequestRefused, nil)
}

// WithdrawRequest takes one's own request back; somebody else's is ErrNoRequest.
func (s *Service) WithdrawRequest(ctx context.Context, c Clerk, id string) error {
	return s.endRequest(ctx, c, id, RequestWithdrawn, nil)
}

// endRequest ends a request in one statement, whose condition is the whole rule:
// it waits, it is in time, and it is another officer's, or one's own to
// withdraw. Of two decisions at the same moment one counts.
func (s *Service) endRequest(ctx context.Context, c Clerk, id string, to RequestState, f func(context.Context, *db.Tx, Request) error) error {
	if !isID(id) {
		return ErrNoRequest
	}
	other := `requested_by <> $2`
	if to == RequestWithdrawn {
		other = `requested_by = $2`
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := s.requestByID(ctx, tx, c, id)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE account_request SET state = $1, decided_by = $2, decided_at = $3, data = NULL
			WHERE id = $4 AND state = $5 AND expires_at > $3 AND `+other, to, c.By.ID, s.now(), id, RequestPending)
		if err != nil {
			return err
		}
		switch {
		case n == 1:
		case r.State != RequestPending:
			return ErrRequestOver
		case to == RequestWithdrawn:
			return ErrNoRequest
		case r.Own:
			return ErrSelfApproval
		default:
			return ErrRequestOver
		}
		if err := errors.Join(c.mayTouch(r.Wanted.Number), c.mayTouch(r.Account.Number)); err != nil && to == RequestApproved {
			return ErrOwnAccount
		}
		target, account := audit.Ref{Kind: RefRequest, ID: id}, r.AccountID
		if account != "" {
			target = ref(account)
		}
		if f != nil {
			if err := f(ctx, tx, r); err != nil {
				return err
			}
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.request_" + string(to), Actor: c.By, Target: target, Outcome: audit.OK,
			Detail: map[string]string{"request_id": id, "kind": string(r.Kind), "checked": string(r.Check), "requested_by": r.RequestedBy}})
	})
}

func (s *Service) requestByID(ctx context.Context, q db.Querier, c Clerk, id string) (Request, error) {
	row, err := db.Get[requestRow](ctx, q, `SELECT `+requestColumns+` FROM account_request WHERE id = $1`, id)
	if isNotFound(err) {
		return Request{}, ErrNoRequest
	}
	if err != nil {
		return Request{}, err
	}
	return s.withAccount(ctx, q, c, row)
}

func (s *Service) withAccount(ctx context.Context, q db.Querier, c Clerk, row requestRow) (Request, error) {
	r, err := s.request(c, row)
	if err != nil || r.AccountID == "" {
		return r, err
	}
	r.Account, err = s.Get(ctx, q, r.AccountID)
	r.Account.PasswordHash = nil
	return r, err
}

// OpenRequest returns a request for an officer's page. It errs with
// ErrNoRequest.
func (s *Service) OpenRequest(ctx context.Context, c Clerk, id string) (r Request, err error) {
	if !isID(id) {
		return r, ErrNoRequest
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if r, err = s.requestByID(ctx, tx, c, id); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.request_view", Actor: c.By, Target: audit.Ref{Kind: RefRequest, ID: id}, Outcome: audit.OK})
	})
	return r, err
}

// Waiting returns the requests that wait for a decision, oldest first, at most
// 200.
func (s *Service) Waiting(ctx context.Context, c Clerk) ([]Request, error) {
	return s.requestList(ctx, s.DB, c, `state = $1 AND expires_at > $2 ORDER BY requested_at, id LIMIT $3`, RequestPending, s.now(), maxRequests)
}

// requestsOf returns the requests about an account, newest first.
func (s *Service) requestsOf(ctx context.Context, q db.Querier, c Clerk, accountID string) ([]Request, error) {
	return s.requestList(ctx, q, c, `account_id = $1 ORDER BY requested_at DESC, id DESC LIMIT $2`, accountID, shownRequests)
}

func (s *Service) requestList(ctx context.Context, q db.Querier, c Clerk, where string, args ...any) ([]Request, error) {
	rows, err := db.Select[requestRow](ctx, q, `SELECT `+requestColumns+` FROM account_request WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	out := make([]Request, len(rows))
	for i, row := range rows {
		if out[i], err = s.withAccount(ctx, q, c, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) setNumber(ctx context.Context, tx *db.Tx, a Account, number string) error {
	if _, err := db.Exec(ctx, tx, `UPDATE account SET number = $1, updated_at = $2, version = version + 1 WHERE id = $3`, number, s.now(), a.ID); err != nil {
		return err
	}
	// Services know the old number.
	if err := s.endEverywhere(ctx, tx, a.ID, "", "number_change"); err != nil {
		return err
	}
	return s.tellOwner(ctx, tx, a, "So dinh danh cua tai khoan ..."+tail(a.Number, 4)+" da doi thanh ..."+tail(number, 4)+". Neu khong phai ban, hay goi tong dai ho tro ngay.")
}

func (s *Service) setLevel(ctx context.Context, tx *db.Tx, a Account, level int) error {
	if _, err := db.Exec(ctx, tx, `UPDATE account SET level = $1, updated_at = $2, version = version + 1 WHERE id = $3`, level, s.now(), a.ID); err != nil {
		return err
	}
	return s.tellOwner(ctx, tx, a, "Tai khoan ..."+tail(a.Number, 4)+" da duoc nang len muc do 2 tai quay. Neu khong phai ban, hay goi tong dai ho tro ngay.")
}

// tellOwner is how an owner learns what officers did with the account.
func (s *Service) tellOwner(ctx context.Context, tx *db.Tx, a Account, text string) error {
	_, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "account_notice", Subject: a.ID, Text: text, NotAfter: s.now().Add(day)})
	return err
}
