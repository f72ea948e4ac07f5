package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"motcua/internal/demo"
)

// qrCmd keeps sign-in pages open, each with a connection of its own, and lets
// each ask for the state of its QR code as the page's script does.
type qrCmd struct {
	ID     string        `default:"http://localhost:8082" help:"Address of the id site."`
	Ops    string        `default:"http://127.0.0.1:8089" help:"Address of the operations listener, for the server's CPU time and memory."`
	Pages  int           `default:"5000" help:"Pages open at once."`
	Every  time.Duration `default:"2s" help:"How often each asks."`
	Length time.Duration `default:"60s" help:"How long it is measured."`
}

// qrMemory and qrCores are what is asked for.
const (
	qrMemory = 300 << 20
	qrCores  = 0.6
	// openers open pages at once while they are made ready.
	openers = 16
)

func (c *qrCmd) Run(ctx context.Context) error {
	for _, address := range []string{c.ID, c.Ops} {
		if err := loopbackOnly(address); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	idle, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	fmt.Printf("server: %s, synchronous %s, %d MB before\n", idle.engine, idle.synchronous, idle.rss>>20)
	began := time.Now()
	pages, err := c.open(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d pages opened in %s\n", len(pages), time.Since(began).Round(time.Second))

	// Pages go on asking while the first round, in which they connect, passes.
	r := newResults("answers")
	polling, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for _, p := range pages {
		wg.Go(func() { p.poll(polling, c.Every, r) })
	}
	if err := pause(ctx, 2*c.Every); err != nil {
		return err
	}
	r.reset()
	before, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	most := before.rss
	hashes := before.hashes
	var after server
	for end := time.Now().Add(c.Length); time.Now().Before(end); {
		if err := pause(ctx, min(5*time.Second, c.Length)); err != nil {
			return err
		}
		if after, err = ask(ctx, c.Ops); err != nil {
			return err
		}
		most = max(most, after.rss)
	}
	r.stop()
	stop()
	wg.Wait()
	cores := (after.cpu - before.cpu).Seconds() / r.took.Seconds()
	fmt.Printf("\n%d pages, each asking every %s, for %s\n%s", len(pages), c.Every, r.took.Round(time.Second), r)
	fmt.Printf("  server memory    %6d MB RSS at most\n", most>>20)
	fmt.Printf("  server CPU       %6.2f cores of %d, %.0f µs per answer, %d password hashes\n", cores, runtime.NumCPU(),
		(after.cpu-before.cpu).Seconds()*1e6/float64(max(1, r.done())), after.hashes-hashes)
	switch {
	case r.done() == 0:
		return errors.New("no answer was good")
	case most > qrMemory:
		return fmt.Errorf("%d MB are more than %d", most>>20, qrMemory>>20)
	case cores > qrCores:
		return fmt.Errorf("%.2f cores are more than %.1f", cores, qrCores)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A qrPage is a sign-in page with its code.
type qrPage struct {
	*visit
	request string
}

// open opens the pages, then asks for all codes in a short time, so that none
// ends while it is measured.
func (c *qrCmd) open(ctx context.Context) ([]*qrPage, error) {
	p := newPeople(c.ID, 1)
	pages := make([]*qrPage, c.Pages)
	for i := range pages {
		pages[i] = &qrPage{visit: &visit{p: p, cookies: map[string]string{}, source: fmt.Sprintf("10.%d.%d.%d", 2+i>>16&255, i>>8&255, i&255)}}
	}
	defer p.client.CloseIdleConnections()
	if err := each(ctx, pages, (*qrPage).start); err != nil {
		return nil, err
	}
	return pages, each(ctx, pages, (*qrPage).code)
}

func each(ctx context.Context, pages []*qrPage, do func(*qrPage, context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *qrPage)
	var wg sync.WaitGroup
	for range openers {
		wg.Go(func() {
			for p := range next {
				if err := do(p, ctx); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, p := range pages {
		if ctx.Err() != nil {
			break
		}
		next <- p
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

func (q *qrPage) start(ctx context.Context) error {
	sum := sha256.Sum256([]byte(strings.Repeat("x", 43)))
	query := url.Values{"response_type": {"code"}, "client_id": {demo.LoadClient}, "redirect_uri": {demo.LoadRedirectURI},
		"scope": {"openid"}, "state": {"x"}, "nonce": {"x"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	at, err := q.to(ctx, http.MethodGet, "/authorize?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	q.request = at.Query().Get("yc")
	return q.page(ctx, at.RequestURI())
}

func (q *qrPage) code(ctx context.Context) error {
	resp, b, err := q.send(ctx, http.MethodPost, "/qr", url.Values{"yc": {q.request}}, nil)
	if err != nil {
		return err
	}
	_, err = state(resp.StatusCode, b)
	return err
}

func state(status int, b []byte) (string, error) {
	var a struct {
		State string `json:"state"`
		SVG   string `json:"svg"`
	}
	if status != http.StatusOK || json.Unmarshal(b, &a) != nil || a.State == "" {
		return "", fmt.Errorf("/qr answered %d: %.200s", status, text(b))
	}
	if a.State == "waiting" && a.SVG == "" {
		return a.State, errors.New("waiting, without a code")
	}
	return a.State, nil
}

// poll asks over one connection until ctx ends. It speaks HTTP by hand: the
// load generator shares the cores with the server.
func (q *qrPage) poll(ctx context.Context, every time.Duration, r *results) {
	u, err := url.Parse(q.p.id)
	if err != nil {
		r.add(nil, err)
		return
	}
	var cookies []string
	for name, value := range q.cookies {
		cookies = append(cookies, name+"="+value)
	}
	ask := []byte("GET /qr?yc=" + q.request + " HTTP/1.1\r\nHost: " + u.Host + "\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nSec-Fetch-Site: same-origin\r\n" +
		"X-Forwarded-For: " + q.source + "\r\nCookie: " + strings.Join(cookies, "; ") + "\r\n\r\n")
	if pause(ctx, rand.N(every)) != nil {
		return
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		r.add(nil, err)
		return
	}
	defer conn.Close()
	answers := bufio.NewReaderSize(conn, 4<<10)
	tick := time.NewTicker(every)
	defer tick.Stop()
	body := make([]byte, 0, 8<<10)
	for first := true; ; first = false {
		start := time.Now()
		if _, err = conn.Write(ask); err == nil {
			body, err = q.answer(answers, body[:0], first)
		}
		if ctx.Err() != nil {
			return
		}
		r.add([]time.Duration{time.Since(start)}, err)
		if err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// answer reads one, and looks at the first closely.
func (q *qrPage) answer(from *bufio.Reader, body []byte, closely bool) ([]byte, error) {
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		return body, err
	}
	defer resp.Body.Close()
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return body, err
		}
	}
	if closely && resp.Header.Get("Content-Encoding") == "" {
		_, err = state(resp.StatusCode, body)
		return body, err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("/qr answered %d", resp.StatusCode)
	}
	return body, err
}
