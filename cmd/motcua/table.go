package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// table prints columns of equal width to standard output.
type table struct{ w *tabwriter.Writer }

func newTable(heads ...string) *table {
	t := &table{tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)}
	t.row(heads...)
	return t
}

func (t *table) row(cells ...string) {
	fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

func (t *table) flush() error { return t.w.Flush() }

func yesNo(b bool) string {
	if b {
		return "có"
	}
	return "chưa"
}
