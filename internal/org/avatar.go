package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"motcua/internal/db"
	"motcua/internal/ratelimit"
)

const (
	// DraftLife is how long a picture waits for the form it was sent with.
	DraftLife = time.Hour
	// draftsKept of one officer: a tab or two, and a change of mind.
	draftsKept = 4
	// waitingPictures bounds those that wait for the one that is decoded;
	// each holds its file in memory.
	waitingPictures = 8
)

var (
	// ErrPictureBusy says that too many pictures came at once; it works again
	// in a moment.
	ErrPictureBusy = errors.New("org: too many pictures at once")
	// ErrNoPicture says that there is none.
	ErrNoPicture = errors.New("org: no picture")
)

// pictures admits one decoding at a time in the whole process: a picture of
// 40 million pixels takes up to 160 MB while it is decoded.
var pictures = struct{ waiting, decoding chan struct{} }{make(chan struct{}, waitingPictures+1), make(chan struct{}, 1)}

// DraftAvatar keeps a picture for the officer's next SaveProfile, an hour
// long. It errs with one of the ErrPicture values or *TooMany.
func (s *Service) DraftAvatar(ctx context.Context, v Visit, r io.Reader, crop Crop) (id string, err error) {
	p, err := s.readPicture(ctx, v.Officer.ID, r, crop)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(p.large)
	id = db.NewID()
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `INSERT INTO officer_picture (id, officer_id, in_use, digest, large, small, created_at) VALUES ($1,$2,FALSE,$3,$4,$5,$6)`,
			id, v.Officer.ID, hex.EncodeToString(sum[:]), p.large, p.small, s.clk.Now())
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `DELETE FROM officer_picture WHERE officer_id = $1 AND NOT in_use AND id NOT IN
			(SELECT id FROM officer_picture WHERE officer_id = $1 AND NOT in_use ORDER BY created_at DESC, id DESC LIMIT $2)`, v.Officer.ID, draftsKept)
		return err
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (s *Service) readPicture(ctx context.Context, officerID string, r io.Reader, crop Crop) (portrait, error) {
	limit := ratelimit.Limit{Name: "org.picture", Burst: 20 * s.limits.Factor, Per: 10 * time.Minute}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		ok, retry, err := s.limiter.Allow(ctx, tx, limit, officerID)
		if err == nil && !ok {
			err = &TooMany{Retry: retry}
		}
		return err
	})
	if err != nil {
		return portrait{}, err
	}
	select {
	case pictures.waiting <- struct{}{}:
		defer func() { <-pictures.waiting }()
	default:
		return portrait{}, ErrPictureBusy
	}
	// Read before the turn comes: a slow sender must not keep others waiting.
	file, err := io.ReadAll(io.LimitReader(r, MaxPicture+1))
	if err != nil {
		return portrait{}, err
	}
	select {
	case pictures.decoding <- struct{}{}:
		defer func() { <-pictures.decoding }()
	case <-ctx.Done():
		return portrait{}, ctx.Err()
	}
	return drawPortrait(file, crop)
}

// choosePicture makes the form's draft the officer's picture, or takes the
// picture away, and returns the digest that holds from now on. A draft that
// is over is a fault.
func (s *Service) choosePicture(ctx context.Context, tx *db.Tx, was Profile, e Edit) (digest string, err error) {
	if e.NoPicture && was.Avatar != "" || e.Draft != "" && !e.NoPicture {
		if _, err := db.Exec(ctx, tx, `DELETE FROM officer_picture WHERE officer_id = $1 AND in_use`, was.ID); err != nil {
			return "", err
		}
	}
	switch {
	case e.NoPicture:
		return "", nil
	case e.Draft == "":
		return was.Avatar, nil
	}
	digest, err = db.Get[string](ctx, tx, `UPDATE officer_picture SET in_use = TRUE WHERE id = $1 AND officer_id = $2 AND NOT in_use AND created_at > $3
		RETURNING digest`, e.Draft, was.ID, s.clk.Now().Add(-DraftLife))
	if errors.Is(err, db.ErrNotFound) {
		return "", fault(FieldAvatar, CodeGone, "")
	}
	return digest, err
}

// AvatarDraft returns the large JPEG of an officer's own draft. It errs with
// ErrNoPicture.
func (s *Service) AvatarDraft(ctx context.Context, v Visit, id string) ([]byte, error) {
	b, err := db.Get[[]byte](ctx, s.db, `SELECT large FROM officer_picture WHERE id = $1 AND officer_id = $2 AND NOT in_use AND created_at > $3`,
		id, v.Officer.ID, s.clk.Now().Add(-DraftLife))
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrNoPicture
	}
	return b, err
}

// Avatar returns the JPEG of an officer's picture in one of the two sides, and
// its digest. It errs with ErrNoPicture, also for another side.
func (s *Service) Avatar(ctx context.Context, officerID string, side int) (jpeg []byte, digest string, err error) {
	column := map[int]string{LargeSide: "large", SmallSide: "small"}[side]
	if column == "" {
		return nil, "", ErrNoPicture
	}
	row, err := db.Get[struct {
		Picture []byte `db:"picture"`
		Digest  string `db:"digest"`
	}](ctx, s.db, `SELECT `+column+` AS picture, digest FROM officer_picture WHERE officer_id = $1 AND in_use`, officerID)
	if errors.Is(err, db.ErrNotFound) {
		return nil, "", ErrNoPicture
	}
	return row.Picture, row.Digest, err
}
