package house_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// Each table has its owner in the plan of the house, and its retention where
// operators look for it.
func TestEachTableIsToldOf(t *testing.T) {
	files := tracked(t)
	var tables []string
	for name, b := range files {
		if strings.HasPrefix(name, "internal/db/migrations/") {
			for _, m := range createTable.FindAllSubmatch(b, -1) {
				tables = append(tables, string(m[1]))
			}
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	if len(tables) < 20 {
		t.Fatalf("only %d tables found", len(tables))
	}
	for _, doc := range []string{"docs/architecture.md", "docs/operating.md"} {
		for _, table := range tables {
			if !strings.Contains(string(files[doc]), "`"+table+"`") {
				t.Errorf("%s does not tell of the table %s", doc, table)
			}
		}
	}
}
