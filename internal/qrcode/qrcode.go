package qrcode

import (
	"fmt"
	"strconv"
	"sync"

	"rsc.io/qr/coding"
)

const (
	// MaxText bounds what is drawn, in bytes: beyond it a cheap phone's camera
	// no longer reads the code from a screen.
	MaxText = 400
	// quiet is the white border in modules that readers need (ISO/IEC 18004
	// §9.1).
	quiet = 4
)

// plans keeps the layout of each version, which costs a hundred times more
// than filling it in.
var plans sync.Map // coding.Version → *coding.Plan

func plan(v coding.Version) (*coding.Plan, error) {
	if p, ok := plans.Load(v); ok {
		return p.(*coding.Plan), nil
	}
	p, err := coding.NewPlan(v, coding.M, 0)
	if err != nil {
		return nil, err
	}
	plans.Store(v, p)
	return p, nil
}

// SVG draws text at error correction level M. The picture has a viewBox and no
// size: the page's style gives one. It is black on white whatever the page's
// colours are, carries no text, and is hidden from screen readers, so the page
// must say beside it what it is.
func SVG(text string) (string, error) {
	b, err := AppendSVG(make([]byte, 0, 6<<10), text)
	return string(b), err
}

// AppendSVG is SVG for who draws many: it appends the picture to b.
func AppendSVG(b []byte, text string) ([]byte, error) {
	c, err := encode(text)
	if err != nil {
		return b, err
	}
	side := strconv.Itoa(c.Size + 2*quiet)
	for _, part := range [...]string{`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `, side, ` `, side,
		`" shape-rendering="crispEdges" aria-hidden="true"><path fill="#fff" d="M0 0h`, side, `v`, side, `H0z"/><path d="`} {
		b = append(b, part...)
	}
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.Black(x, y) {
				continue
			}
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			b = append(b, 'M')
			b = strconv.AppendInt(b, int64(from+quiet), 10)
			b = append(b, ' ')
			b = strconv.AppendInt(b, int64(y+quiet), 10)
			b = append(b, 'h')
			b = strconv.AppendInt(b, int64(x-from), 10)
			b = append(b, "v1h-"...)
			b = strconv.AppendInt(b, int64(x-from), 10)
			b = append(b, 'z')
		}
	}
	return append(b, `"/></svg>`...), nil
}

// Version is the size of the code for text: 1 (21 modules) to 40.
func Version(text string) (int, error) {
	c, err := encode(text)
	if err != nil {
		return 0, err
	}
	return (c.Size - 17) / 4, nil
}

func encode(text string) (*coding.Code, error) {
	if text == "" || len(text) > MaxText {
		return nil, fmt.Errorf("qrcode: %d bytes of text, must be 1 to %d", len(text), MaxText)
	}
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		s := coding.String(text)
		if s.Bits(v) > v.DataBytes(coding.M)*8 {
			continue
		}
		p, err := plan(v)
		if err != nil {
			return nil, err
		}
		return p.Encode(s)
	}
	return nil, fmt.Errorf("qrcode: %d bytes of text fit no code", len(text))
}
