package sms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// samplePhone and the sample text try a template at start: a text with
// everything that could break out of a JSON string.
const (
	samplePhone = "+84900000000"
	sampleID    = "00000000-0000-7000-8000-000000000000"
	sampleText  = "481905 \"thử\" \\ {{.To}}\n</script>"
)

type bodyTemplate struct{ t *template.Template }

// field prints itself as the inside of a JSON string, so that "{{.Text}}" is
// as safe as {{json .Text}}.
type field string

func (f field) String() string {
	b := quote(string(f))
	return b[1 : len(b)-1]
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// A string cannot fail to encode.
	_ = e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

type fields struct{ To, Text, ID field }

func newBodyTemplate(source, phone string) (*bodyTemplate, error) {
	if strings.TrimSpace(source) == "" {
		return nil, errors.New("body template is empty")
	}
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("body template is longer than %d bytes", maxTemplate)
	}
	t, err := template.New("body").Option("missingkey=error").
		Funcs(template.FuncMap{"json": func(f field) string { return quote(string(f)) }}).Parse(source)
	if err != nil {
		return nil, err
	}
	b := &bodyTemplate{t}
	out, err := b.render(phone, sampleText, sampleID)
	if err != nil {
		return nil, err
	}
	tree, err := decodeAnswer(out)
	if err != nil {
		return nil, fmt.Errorf("body template makes %w", err)
	}
	if !holds(tree, phone) || !holds(tree, sampleText) {
		return nil, errors.New("body template must hold .To and .Text, each as a whole JSON string")
	}
	return b, nil
}

// render errs when the result is too long or no JSON.
func (b *bodyTemplate) render(to, text, id string) ([]byte, error) {
	out := &bounded{}
	if err := b.t.Execute(out, fields{field(to), field(text), field(id)}); err != nil {
		return nil, errors.New("body template does not run: " + templateFault(err))
	}
	if !json.Valid(out.Bytes()) {
		return nil, errors.New("body template makes no JSON")
	}
	return out.Bytes(), nil
}

// templateFault leaves out what the template was run with.
func templateFault(err error) string {
	var e template.ExecError
	if errors.As(err, &e) && e.Err != nil && !errors.Is(err, errTooLong) {
		return e.Name + ": a placeholder or function does not exist"
	}
	return errTooLong.Error()
}

var errTooLong = fmt.Errorf("more than %d bytes", MaxRequest)

type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxRequest {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

// holds reports whether a JSON tree has the string as one of its values.
func holds(tree any, s string) bool {
	switch x := tree.(type) {
	case string:
		return x == s
	case []any:
		for _, e := range x {
			if holds(e, s) {
				return true
			}
		}
	case map[string]any:
		for _, e := range x {
			if holds(e, s) {
				return true
			}
		}
	}
	return false
}
