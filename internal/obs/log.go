package obs

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// NewLogger returns a logger that writes one JSON object a line to w, with
// everything redacted that NewHandler redacts.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(NewHandler(w, level))
}

// NewHandler returns a JSON handler that redacts messages and attributes, in
// groups of any depth: by name, by the look of the value, and inside errors,
// maps and structs.
func NewHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
}

func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.SourceKey) {
		return a
	}
	how := treat(a.Key)
	for _, g := range groups {
		// identifier does not rescue what stands in a group of secrets.
		if treat(g) == secret {
			how = secret
		}
	}
	a.Value = replaceValue(how, a.Value)
	return a
}

func replaceValue(how treatment, v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindTime:
		return v
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		if how == secret {
			return slog.StringValue(Redacted)
		}
		return v
	case slog.KindString:
		return slog.StringValue(text(how, v.String()))
	}
	if how == secret {
		return slog.StringValue(Redacted)
	}
	return anyValue(how, v.Any())
}

// text redacts one string under what its name says.
func text(how treatment, s string) string {
	switch how {
	case secret:
		if s == "" {
			return ""
		}
		return Redacted
	case outside:
		return RedactOutside(s)
	case identifier:
		if len(s) <= 36 && strings.Trim(s, "0123456789abcdef-") == "" && !allDigits(s) {
			return s
		}
	}
	return Redact(s)
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// anyValue prints what is not a plain value. A value whose own methods panic
// must not take the log line with it.
func anyValue(how treatment, v any) (out slog.Value) {
	defer func() {
		if recover() != nil {
			out = slog.StringValue(fmt.Sprintf("[unprintable %T]", v))
		}
	}()
	switch x := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(text(outside, x.Error()))
	case []byte:
		return slog.StringValue(fmt.Sprintf("[%d bytes]", len(x)))
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		if err != nil {
			return slog.StringValue(text(outside, err.Error()))
		}
		return slog.StringValue(text(how, string(b)))
	case fmt.Stringer:
		return slog.StringValue(text(how, x.String()))
	}
	b, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("[unprintable %T]", v))
	}
	if len(b) > MaxText {
		return slog.StringValue(fmt.Sprintf("[%d bytes of %T]", len(b), v))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return slog.StringValue(fmt.Sprintf("[unprintable %T]", v))
	}
	return slog.AnyValue(walk(how, tree))
}

func walk(how treatment, v any) any {
	switch x := v.(type) {
	case string:
		return text(how, x)
	case json.Number:
		if how == secret {
			return Redacted
		}
	case []any:
		for i := range x {
			x[i] = walk(how, x[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(x))
		for k, e := range x {
			inner := treat(k)
			if how == secret {
				inner = secret
			}
			clean[Redact(k)] = walk(inner, e)
		}
		return clean
	}
	return v
}
