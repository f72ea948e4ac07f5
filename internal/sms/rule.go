package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxRule       = 512
	maxConditions = 8
	maxPathDepth  = 8
)

// A Rule says when a gateway's answer means that it took the message.
type Rule struct {
	from, to   int
	conditions []condition
}

type condition struct {
	path  []string
	want  string
	equal bool // false: the path must exist
	text  string
}

// ParseRule reads conditions separated by commas, which must all hold:
// "http=202" or "http=200-299" for the status (without it 200 to 299),
// "data.status=0" for a value in the JSON answer, "data.id" for a value that
// must be there and not null. Parts of a path are names, or numbers in lists.
func ParseRule(s string) (Rule, error) {
	r := Rule{from: 200, to: 299}
	if len(s) > maxRule {
		return r, fmt.Errorf("success rule is longer than %d bytes", maxRule)
	}
	if strings.TrimSpace(s) == "" {
		return r, nil
	}
	terms := strings.Split(s, ",")
	if len(terms) > maxConditions {
		return r, fmt.Errorf("success rule has more than %d conditions", maxConditions)
	}
	for _, term := range terms {
		term = strings.TrimSpace(term)
		name, want, equal := strings.Cut(term, "=")
		name, want = strings.TrimSpace(name), strings.TrimSpace(want)
		if name == "http" {
			var err error
			if r.from, r.to, err = parseStatus(want); err != nil {
				return r, err
			}
			continue
		}
		path, err := parsePath(name)
		if err != nil {
			return r, err
		}
		r.conditions = append(r.conditions, condition{path: path, want: want, equal: equal, text: name})
	}
	return r, nil
}

func parseStatus(s string) (from, to int, err error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from < 200 || to > 299 || from > to {
		return 0, 0, errors.New("success rule: http must be a status, or a range of them, from 200 to 299")
	}
	return from, to, nil
}

func parsePath(s string) ([]string, error) {
	parts := strings.Split(s, ".")
	if len(parts) > maxPathDepth {
		return nil, fmt.Errorf("path %q is deeper than %d", s, maxPathDepth)
	}
	for _, p := range parts {
		if p == "" || strings.IndexFunc(p, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) >= 0 {
			return nil, fmt.Errorf("path %q has an empty part or a blank", s)
		}
	}
	return parts, nil
}

func (r Rule) acceptsStatus(status int) bool { return status >= r.from && status <= r.to }

func (r Rule) needsAnswer() bool { return len(r.conditions) > 0 }

// refuses returns the path of the first condition that does not hold, or "".
func (r Rule) refuses(tree any) string {
	for _, c := range r.conditions {
		v := lookUp(tree, c.path)
		if got, ok := scalar(v); v == nil || c.equal && (!ok || got != c.want) {
			return c.text
		}
	}
	return ""
}

// lookUp follows a path; nil when it leads nowhere, or to null.
func lookUp(tree any, path []string) any {
	if len(path) == 0 {
		return nil
	}
	for _, p := range path {
		switch x := tree.(type) {
		case map[string]any:
			tree = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			tree = x[i]
		default:
			return nil
		}
	}
	return tree
}

// scalar prints a string, number or boolean of the answer.
func scalar(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}

// clip bounds a text from outside and drops what does not print.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
