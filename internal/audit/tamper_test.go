package audit

import (
	"context"
	"strings"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

// Every statement that isn't appending, sealing or purging is refused.
func TestLOG01_TriggersRefuseChanges(t *testing.T) {
	statements := []string{
		`UPDATE audit_record SET reason = 'x' WHERE batch = 2`,
		`UPDATE audit_record SET reason = 'x' WHERE batch IS NULL`,
		`UPDATE audit_record SET batch = NULL WHERE batch = 2`,
		`UPDATE audit_record SET batch = 3 WHERE batch = 2`,
		`UPDATE audit_record SET batch = 2 WHERE batch IS NULL`,
		`UPDATE audit_record SET batch = 6, reason = 'x' WHERE batch IS NULL`,
		`UPDATE audit_record SET id = 'x' WHERE id = (SELECT min(id) FROM audit_record)`,
		`DELETE FROM audit_record WHERE batch = 2`,
		`DELETE FROM audit_record WHERE batch IS NULL`,
		`DELETE FROM audit_batch WHERE n = 5`,
		`UPDATE audit_batch SET prev = 'x' WHERE n = 5`,
		`INSERT INTO audit_batch (n, sealed_ms, records, leaves, leaves_hash, prev, hash) VALUES (7, 0, 0, '', '', '', '')`,
		`UPDATE audit_head SET n = 4`,
		`UPDATE audit_head SET n = 6`,
		`UPDATE audit_head SET base = 2, base_hash = (SELECT hash FROM audit_batch WHERE n = 2)`,
		`UPDATE audit_head SET seal = 'x'`,
		`DELETE FROM audit_head`,
		`INSERT INTO audit_head (id, n, hash, base, base_hash, sealed_ms, seal) VALUES (1, 0, '', 0, '', 0, '')`,
		`INSERT INTO audit_record (id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
			site, request_id, source, destination, device, process, batch)
			SELECT 'new', at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
			site, request_id, source, destination, device, process, batch FROM audit_record WHERE batch = 2`,
	}
	only := map[db.Dialect][]string{
		db.SQLite: {
			`REPLACE INTO audit_record (id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
				site, request_id, source, destination, device, process)
				SELECT id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, 'x', detail,
				site, request_id, source, destination, device, process FROM audit_record WHERE batch = 2`,
			`REPLACE INTO audit_head (id, n, hash, base, base_hash, sealed_ms, seal) VALUES (1, 0, '', 0, '', 0, '')`,
			`UPDATE OR REPLACE audit_record SET id = (SELECT max(id) FROM audit_record) WHERE id = (SELECT min(id) FROM audit_record)`,
		},
		db.Postgres: {`TRUNCATE audit_record`, `TRUNCATE audit_batch`, `TRUNCATE audit_head`},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		l := filled(t, d, clk)
		appendAll(t, l, signIn("tail"))
		for _, s := range append(statements, only[d.Dialect()]...) {
			if _, err := db.Exec(context.Background(), d, s); err == nil {
				t.Errorf("allowed: %s", s)
			} else if !strings.Contains(err.Error(), "audit: ") {
				t.Errorf("refused by something else: %s: %v", s, err)
			}
		}
		sound(t, l, 5, 20, 1)
		seal(t, l)
		sound(t, l, 6, 21, 0)
	})
}

func TestLOG01_VerifyNamesWhatWasTamperedWith(t *testing.T) {
	type place = Break
	cases := map[string]func(t *testing.T, d *db.DB) place{
		"changed record": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 3)[1]
			must(t, d, `UPDATE audit_record SET outcome = 'refused' WHERE id = $1`, id)
			return place{3, id, "record_changed"}
		},
		"changed time": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 1)[0]
			must(t, d, `UPDATE audit_record SET at = $1 WHERE id = $2`, start.Add(-time.Hour), id)
			return place{1, id, "record_changed"}
		},
		"words moved between columns": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 4)[2]
			must(t, d, `UPDATE audit_record SET actor_id = '', actor_kind = actor_kind || actor_id WHERE id = $1`, id)
			return place{4, id, "record_changed"}
		},
		"deleted record": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 2)[3]
			must(t, d, `DELETE FROM audit_record WHERE id = $1`, id)
			return place{2, id, "record_missing"}
		},
		"unsealed again": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 2)[0]
			must(t, d, `UPDATE audit_record SET batch = NULL, outcome = 'refused' WHERE id = $1`, id)
			return place{2, id, "record_missing"}
		},
		"swapped contents": func(t *testing.T, d *db.DB) place {
			got := ids(t, d, 3)
			must(t, d, `UPDATE audit_record SET actor_id = 'tmp' WHERE id = $1`, got[0])
			must(t, d, `UPDATE audit_record SET actor_id = 'a2-0' WHERE id = $1`, got[2])
			must(t, d, `UPDATE audit_record SET actor_id = 'a2-2' WHERE id = $1`, got[0])
			return place{3, got[0], "record_changed"}
		},
		"swapped ids": func(t *testing.T, d *db.DB) place {
			got := ids(t, d, 3)
			must(t, d, `UPDATE audit_record SET id = 'tmp' WHERE id = $1`, got[1])
			must(t, d, `UPDATE audit_record SET id = $1 WHERE id = $2`, got[1], got[2])
			must(t, d, `UPDATE audit_record SET id = $1 WHERE id = 'tmp'`, got[2])
			return place{3, got[1], "record_changed"}
		},
		"moved to another batch": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 4)[0]
			must(t, d, `UPDATE audit_record SET batch = 2 WHERE id = $1`, id)
			return place{2, id, "record_added"}
		},
		"forged record": func(t *testing.T, d *db.DB) place {
			must(t, d, `INSERT INTO audit_record (id, at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
				site, request_id, source, destination, device, process, batch)
				SELECT 'forged', at, action, actor_kind, actor_id, target_kind, target_id, outcome, reason, detail,
				site, request_id, source, destination, device, process, batch FROM audit_record WHERE id = $1`, ids(t, d, 5)[0])
			return place{5, "forged", "record_added"}
		},
		"edited batch": func(t *testing.T, d *db.DB) place {
			must(t, d, `UPDATE audit_batch SET sealed_ms = sealed_ms + 1 WHERE n = 2`)
			return place{2, "", "batch_changed"}
		},
		"record deleted and its leaf with it": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 3)[0]
			must(t, d, `DELETE FROM audit_record WHERE id = $1`, id)
			must(t, d, `UPDATE audit_batch SET leaves = substr(leaves, 82), records = 3 WHERE n = 3`)
			return place{3, "", "batch_changed"}
		},
		"record changed and its leaf with it": func(t *testing.T, d *db.DB) place {
			id := ids(t, d, 3)[1]
			must(t, d, `UPDATE audit_record SET outcome = 'refused' WHERE id = $1`, id)
			r, err := db.Get[Record](context.Background(), d, `SELECT `+columns+` FROM audit_record WHERE id = $1`, id)
			if err != nil {
				t.Fatal(err)
			}
			forged := r.leaf()
			r.Outcome = OK
			must(t, d, `UPDATE audit_batch SET leaves = replace(leaves, $1, $2) WHERE n = 3`, r.leaf(), forged)
			return place{3, "", "batch_changed"}
		},
		"batch sealed anew without the record": func(t *testing.T, d *db.DB) place {
			must(t, d, `DELETE FROM audit_record WHERE id = $1`, ids(t, d, 3)[0])
			b, err := db.Get[batch](context.Background(), d, `SELECT n, sealed_ms, records, leaves, leaves_hash, prev, hash FROM audit_batch WHERE n = 3`)
			if err != nil {
				t.Fatal(err)
			}
			_, b.Leaves, _ = strings.Cut(b.Leaves, "\n")
			b.Records, b.LeavesHash = 3, hashLeaves(b.Leaves)
			must(t, d, `UPDATE audit_batch SET leaves = $1, leaves_hash = $2, records = 3, hash = $3 WHERE n = 3`,
				b.Leaves, b.LeavesHash, New(d, clock.System()).hashBatch(b))
			return place{4, "", "chain_broken"}
		},
		"deleted batch": func(t *testing.T, d *db.DB) place {
			must(t, d, `DELETE FROM audit_record WHERE batch = 3`)
			must(t, d, `DELETE FROM audit_batch WHERE n = 3`)
			return place{3, "", "batch_missing"}
		},
		"cut tail": func(t *testing.T, d *db.DB) place {
			must(t, d, `DELETE FROM audit_record WHERE batch = 5`)
			must(t, d, `DELETE FROM audit_batch WHERE n = 5`)
			return place{5, "", "batch_missing"}
		},
		"cut tail, head put back": func(t *testing.T, d *db.DB) place {
			must(t, d, `DELETE FROM audit_record WHERE batch = 5`)
			must(t, d, `DELETE FROM audit_batch WHERE n = 5`)
			must(t, d, `UPDATE audit_head SET n = 4, hash = (SELECT hash FROM audit_batch WHERE n = 4)`)
			return place{0, "", "head_changed"}
		},
		"cut beginning": func(t *testing.T, d *db.DB) place {
			must(t, d, `DELETE FROM audit_record WHERE batch = 1`)
			must(t, d, `DELETE FROM audit_batch WHERE n = 1`)
			return place{1, "", "batch_missing"}
		},
		"cut beginning, base moved": func(t *testing.T, d *db.DB) place {
			must(t, d, `UPDATE audit_head SET base = 1, base_hash = (SELECT hash FROM audit_batch WHERE n = 1)`)
			must(t, d, `DELETE FROM audit_record WHERE batch = 1`)
			must(t, d, `DELETE FROM audit_batch WHERE n = 1`)
			return place{0, "", "head_changed"}
		},
		"emptied head": func(t *testing.T, d *db.DB) place {
			must(t, d, `UPDATE audit_head SET n = 0, hash = '', base = 0, base_hash = '', sealed_ms = 0, seal = ''`)
			return place{1, ids(t, d, 1)[0], "record_added"}
		},
		"forged batch after the head": func(t *testing.T, d *db.DB) place {
			must(t, d, `INSERT INTO audit_batch (n, sealed_ms, records, leaves, leaves_hash, prev, hash) VALUES (6, 0, 0, '', '', '', '')`)
			return place{6, "", "batch_added"}
		},
	}
	for name, tamper := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				clk := clock.NewManual(start)
				l := filled(t, d, clk)
				sound(t, l, 5, 20, 0)
				unguard(t, d)
				want := tamper(t, d)
				got := verify(t, l).Broken
				if got == nil || *got != want {
					t.Errorf("Verify says %v, want %v", got, &want)
				}
			})
		})
	}
}

// Who rewrites everything, head included, is found out by a hash noted
// elsewhere.
func TestLOG01_AnchorShowsARewrittenLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		l := filled(t, d, clk)
		noted, err := l.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		unguard(t, d)
		must(t, d, `DELETE FROM audit_record WHERE batch = 5`)
		must(t, d, `DELETE FROM audit_batch WHERE n = 5`)
		h, err := db.Get[head](context.Background(), d, selectHead)
		if err != nil {
			t.Fatal(err)
		}
		h.N = 4
		if h.Hash, err = db.Get[string](context.Background(), d, `SELECT hash FROM audit_batch WHERE n = 4`); err != nil {
			t.Fatal(err)
		}
		must(t, d, `UPDATE audit_head SET n = $1, hash = $2, seal = $3`, h.N, h.Hash, l.sealHead(h))
		if r := verify(t, l); r.Broken != nil {
			t.Fatalf("the forgery is not as good as it should be: %v", r.Broken)
		}
		if r := verify(t, l, noted); r.Broken == nil || *r.Broken != (Break{5, "", "batch_missing"}) {
			t.Errorf("Verify with the anchor says %v", r.Broken)
		}
		appendAll(t, l, signIn("new"))
		seal(t, l)
		if r := verify(t, l, noted); r.Broken == nil || *r.Broken != (Break{5, "", "anchor_differs"}) {
			t.Errorf("Verify with the anchor says %v", r.Broken)
		}
	})
}
