package org

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/internal/db"
	"motcua/internal/vn"
)

const (
	// FoundPage is how many officers a page of FindOfficers holds.
	FoundPage = 50
	// maxQuery and maxQueryWords bound a search.
	maxQuery      = 100
	maxQueryWords = 5
	// foldBatch bounds how many search texts are made at once.
	foldBatch = 500
)

// A Found is one page of FindOfficers.
type Found struct {
	Officers []Listed
	Next     string // username to go on after; "" at the end
}

// folded is the text in which a search looks.
func folded(username, name string) string {
	return strings.ReplaceAll(vn.Fold(name), "’", "'") + " " + username
}

// FindOfficers returns officers within the post's reach by username, FoundPage
// at a time. The words of the query may stand anywhere in name or username;
// letter case and diacritics do not matter. It errs with ErrNotAllowed.
func (s *Service) FindOfficers(ctx context.Context, v Visit, query, after string) (Found, error) {
	if ok, err := s.May(ctx, v.Post, RightOfficersView, Thing{}); err != nil || !ok {
		return Found{}, errors.Join(err, notAllowed(ok))
	}
	if err := s.fold(ctx); err != nil {
		return Found{}, err
	}
	text, args := foundSelect(v.Post, query, after, s.clk.Now())
	officers, err := db.Select[Officer](ctx, s.db, text, args...)
	if err != nil {
		return Found{}, err
	}
	var f Found
	if len(officers) > FoundPage {
		officers = officers[:FoundPage]
		f.Next = officers[FoundPage-1].Username
	}
	f.Officers, err = s.withPosts(ctx, s.db, officers)
	return f, err
}

// foundSelect is the search. A post of one unit sees officers who have a post
// of now or later in its branch, and those whose last post was there.
func foundSelect(post Post, query, after string, now time.Time) (text string, args []any) {
	var b strings.Builder
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	whole := post.everywhere()
	if !whole {
		b.WriteString(strings.ReplaceAll(branchCTE, "$1", bind(*post.UnitID)) + " ")
	}
	b.WriteString(`SELECT ` + officerColumns + ` FROM officer o WHERE username > ` + bind(after))
	for _, w := range queryWords(query) {
		b.WriteString(` AND folded LIKE ` + bind("%"+likeText(w)+"%") + ` ESCAPE '!'`)
	}
	if !whole {
		b.WriteString(` AND EXISTS (SELECT 1 FROM post p JOIN branch b ON b.id = p.unit_id WHERE p.officer_id = o.id
			AND (p.to_at IS NULL OR p.to_at > ` + bind(now) + ` OR NOT EXISTS
				(SELECT 1 FROM post q WHERE q.officer_id = o.id AND (q.to_at IS NULL OR q.to_at > p.to_at))))`)
	}
	b.WriteString(` ORDER BY username LIMIT ` + bind(FoundPage+1))
	return b.String(), args
}

func queryWords(query string) []string {
	if r := []rune(query); len(r) > maxQuery {
		query = string(r[:maxQuery])
	}
	words := strings.Fields(vn.Fold(strings.ToValidUTF8(strings.NewReplacer("\x00", " ", "’", "'").Replace(query), " ")))
	return words[:min(len(words), maxQueryWords)]
}

// likeText takes the meaning from LIKE's signs.
func likeText(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// fold makes the search text of officers that have none: those made before
// there was one, or by a program of then.
func (s *Service) fold(ctx context.Context) error {
	type named struct {
		ID       string `db:"id"`
		Username string `db:"username"`
		Name     string `db:"name"`
	}
	for {
		rows, err := db.Select[named](ctx, s.db, `SELECT id, username, name FROM officer WHERE folded = '' LIMIT $1`, foldBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, r := range rows {
				if _, err := db.Exec(ctx, tx, `UPDATE officer SET folded = $2 WHERE id = $1 AND folded = ''`, r.ID, folded(r.Username, r.Name)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// withPosts adds the posts of now to a page of officers.
func (s *Service) withPosts(ctx context.Context, q db.Querier, officers []Officer) ([]Listed, error) {
	if len(officers) == 0 {
		return nil, nil
	}
	args := []any{s.clk.Now(), len(officers) * maxPosts}
	marks := make([]string, len(officers))
	for i, o := range officers {
		args = append(args, o.ID)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	posts, err := db.Select[Post](ctx, q, postSelect+` WHERE p.officer_id IN (`+strings.Join(marks, ",")+`)
		AND p.from_at <= $1 AND (p.to_at IS NULL OR p.to_at > $1) ORDER BY p.from_at, p.id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	of := map[string][]Post{}
	for _, p := range posts {
		of[p.OfficerID] = append(of[p.OfficerID], p)
	}
	out := make([]Listed, len(officers))
	for i, o := range officers {
		out[i] = Listed{o, of[o.ID]}
	}
	return out, nil
}
