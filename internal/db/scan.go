package db

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"motcua/internal/clock"
)

// bind gives times the form in which both engines keep them alike. It leaves
// the caller's slice as it is.
func bind(args []any) []any {
	out := args
	for i, a := range args {
		v, isTime := bound(a)
		if !isTime {
			continue
		}
		if &out[0] == &args[0] {
			out = slices.Clone(args)
		}
		out[i] = v
	}
	return out
}

func bound(arg any) (v any, isTime bool) {
	switch t := arg.(type) {
	case time.Time:
		return clock.Trim(t), true
	case *time.Time:
		if t == nil {
			return nil, true
		}
		return clock.Trim(*t), true
	case sql.NullTime:
		if !t.Valid {
			return nil, true
		}
		return clock.Trim(t.Time), true
	case sql.Null[time.Time]:
		if !t.Valid {
			return nil, true
		}
		return clock.Trim(t.V), true
	}
	return nil, false
}

var (
	scannerType = reflect.TypeFor[sql.Scanner]()
	timeType    = reflect.TypeFor[time.Time]()
)

// shapes caches, by struct type, where each column goes.
var shapes sync.Map // reflect.Type → map[string][]int

func shapeOf(t reflect.Type) map[string][]int {
	if s, ok := shapes.Load(t); ok {
		return s.(map[string][]int)
	}
	s := map[string][]int{}
	addFields(s, t, nil)
	shapes.Store(t, s)
	return s
}

func addFields(s map[string][]int, t reflect.Type, prefix []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(prefix[:len(prefix):len(prefix)], i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("db") == "" {
			addFields(s, f.Type, index)
			continue
		}
		if name := f.Tag.Get("db"); name != "" && name != "-" && f.IsExported() {
			s[name] = index
		}
	}
}

// destinations returns where to scan the columns of rows so that they land in
// row, a pointer to a struct or a scalar. The same destinations serve every
// row, because scanning overwrites each and allocates what it points to.
func destinations(rows *sql.Rows, row any) ([]any, error) {
	cols, err := rows.Columns()
	if err != nil {
		return nil, mapError(err)
	}
	v := reflect.ValueOf(row).Elem()
	t := v.Type()
	if t.Kind() != reflect.Struct || t == timeType || reflect.PointerTo(t).Implements(scannerType) {
		if len(cols) != 1 {
			return nil, fmt.Errorf("db: %d columns for one %s", len(cols), t)
		}
		return []any{destination(row)}, nil
	}
	shape := shapeOf(t)
	dest := make([]any, len(cols))
	for i, c := range cols {
		index, ok := shape[c]
		if !ok {
			return nil, fmt.Errorf("db: %s has no field for column %q", t, c)
		}
		dest[i] = destination(v.FieldByIndex(index).Addr().Interface())
	}
	return dest, nil
}

// destination puts a scanner before the types that hold a time, because SQLite
// returns text where a column has no declared type, as in an expression.
func destination(p any) any {
	switch p := p.(type) {
	case *time.Time:
		return &timeScan{set: func(t time.Time, null bool) error {
			if null {
				return errors.New("NULL for a time.Time: use a pointer")
			}
			*p = t
			return nil
		}}
	case **time.Time:
		return &timeScan{set: func(t time.Time, null bool) error {
			if *p = nil; !null {
				*p = &t
			}
			return nil
		}}
	case *sql.NullTime:
		return &timeScan{set: func(t time.Time, null bool) error {
			*p = sql.NullTime{Time: t, Valid: !null}
			return nil
		}}
	case *sql.Null[time.Time]:
		return &timeScan{set: func(t time.Time, null bool) error {
			*p = sql.Null[time.Time]{V: t, Valid: !null}
			return nil
		}}
	}
	return p
}

type timeScan struct {
	set func(t time.Time, null bool) error
}

// sqliteTime is how the driver writes a time under _time_format=sqlite.
const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

func (s *timeScan) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return s.set(time.Time{}, true)
	case time.Time:
		return s.set(clock.Trim(v), false)
	case []byte:
		return s.Scan(string(v))
	case string:
		t, err := time.Parse(sqliteTime, v)
		if err != nil {
			return errors.New("text that is not a time")
		}
		return s.set(clock.Trim(t), false)
	}
	return fmt.Errorf("%T is not a time", src)
}
