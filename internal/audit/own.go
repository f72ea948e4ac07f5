package audit

import (
	"context"
	"strconv"

	"motcua/internal/db"
)

// Own returns the newest records of some actions that somebody did or that were
// done to them, for their own eyes, at most limit. That they looked is
// recorded.
func (l *Log) Own(ctx context.Context, who Ref, actions []string, limit int) ([]Record, error) {
	if err := l.logReading(ctx, "audit.read_own", who, Filter{}); err != nil {
		return nil, err
	}
	in, args := "", []any{who.ID, min(limit, maxRead)}
	for i, a := range actions {
		if i > 0 {
			in += ", "
		}
		args = append(args, a)
		in += "$" + strconv.Itoa(len(args))
	}
	// An id is never another kind's: the indexes are by id.
	return db.Select[Record](ctx, l.db, `SELECT `+columns+` FROM audit_record WHERE (actor_id = $1 OR target_id = $1) AND action IN (`+in+`)
		ORDER BY at DESC, id DESC LIMIT $2`, args...)
}
