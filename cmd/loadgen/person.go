package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"motcua/internal/demo"
)

// people drives sign-ins. Each has a browser of its own: cookies, a source
// address, no redirects followed without being looked at.
type people struct {
	id       string
	accounts int
	turn     turn
	client   *http.Client
	dialect  dialect
}

func newPeople(id string, accounts int) *people {
	return &people{id: id, accounts: accounts, dialect: own, client: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type visit struct {
	p       *people
	cookies map[string]string
	source  string
	waits   []time.Duration
	given   given // what the sign-in gave
}

const maxBody = 1 << 20

func (v *visit) send(ctx context.Context, method, path string, form url.Values, header map[string]string) (*http.Response, []byte, error) {
	if form == nil {
		return v.sendBody(ctx, method, path, "", nil, header)
	}
	return v.sendBody(ctx, method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), header)
}

func (v *visit) sendBody(ctx context.Context, method, path, kind string, body io.Reader, header map[string]string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.p.id+path, body)
	if err != nil {
		return nil, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set("X-Forwarded-For", v.source)
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	start := time.Now()
	resp, err := v.p.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	v.waits = append(v.waits, time.Since(start))
	for _, c := range resp.Cookies() {
		v.cookies[c.Name] = c.Value
	}
	return resp, b, err
}

// to sends a request that must be answered with a redirect, and returns where.
func (v *visit) to(ctx context.Context, method, path string, form url.Values) (*url.URL, error) {
	resp, b, err := v.send(ctx, method, path, form, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("%s %s answered %d: %.120s", method, strings.SplitN(path, "?", 2)[0], resp.StatusCode, text(b))
	}
	return url.Parse(resp.Header.Get("Location"))
}

func (v *visit) page(ctx context.Context, path string) error {
	resp, b, err := v.send(ctx, http.MethodGet, path, nil, nil)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d: %.120s", strings.SplitN(path, "?", 2)[0], resp.StatusCode, text(b))
	}
	return err
}

// signIn goes the whole way once.
func (p *people) signIn(ctx context.Context) ([]time.Duration, error) {
	v, err := p.enter(ctx)
	return v.waits, err
}

// enter signs the next person in and keeps their browser.
func (p *people) enter(ctx context.Context) (*visit, error) {
	n := p.turn.next(p.accounts)
	v := &visit{p: p, cookies: map[string]string{}, source: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)}
	return v, v.run(ctx, demo.LoadNumber(n), demo.LoadPhone(n))
}

func (v *visit) run(ctx context.Context, number, phone string) error {
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	state := rand.Text()
	query := url.Values{"response_type": {"code"}, "client_id": {demo.LoadClient}, "redirect_uri": {demo.LoadRedirectURI},
		"scope": {"openid profile phone vneid"}, "state": {state}, "nonce": {rand.Text()},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	d := v.p.dialect
	if !d.proof {
		for _, name := range []string{"nonce", "code_challenge", "code_challenge_method"} {
			query.Del(name)
		}
	}
	at, err := v.to(ctx, http.MethodGet, d.authorize+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	if err := v.page(ctx, at.RequestURI()); err != nil {
		return err
	}
	request := at.Query().Get("yc")
	asked := time.Now()
	at, err = v.to(ctx, http.MethodPost, "/dang-nhap", url.Values{"yc": {request}, "ten": {number}, "mk": {demo.LoadPassword}})
	if err != nil {
		return err
	}
	if err := v.page(ctx, at.RequestURI()); err != nil {
		return err
	}
	code, err := v.p.readSMS(ctx, phone, asked)
	if err != nil {
		return err
	}
	at, err = v.to(ctx, http.MethodPost, "/ma-otp", url.Values{"yc": {request}, "ma": {code}})
	if err != nil {
		return err
	}
	back := d.query(at.RawQuery)
	if back.Get("state") != state || back.Get("code") == "" {
		return errors.New("no code came back")
	}
	return v.tokens(ctx, back, verifier)
}

func (v *visit) tokens(ctx context.Context, back url.Values, verifier string) error {
	d := v.p.dialect
	form := url.Values{"grant_type": {"authorization_code"}, "code": {back.Get("code")}, "redirect_uri": {demo.LoadRedirectURI},
		"client_id": {demo.LoadClient}, "client_secret": {demo.LoadSecret}}
	if d.proof {
		form.Set("code_verifier", verifier)
	}
	if err := d.openCode(form, back); err != nil {
		return err
	}
	_, b, err := v.send(ctx, http.MethodPost, d.token, form, nil)
	if err != nil {
		return err
	}
	if b, err = d.openAnswer(b); err != nil {
		return err
	}
	var t struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
	}
	if err := json.Unmarshal(b, &t); err != nil || t.AccessToken == "" || (t.IDToken != "") != d.proof {
		return errors.New("no tokens")
	}
	v.given = given{}
	_ = json.Unmarshal(b, &v.given)
	resp, b, err := v.send(ctx, http.MethodGet, d.userinfo, nil, map[string]string{"Authorization": "Bearer " + t.AccessToken})
	if err != nil {
		return err
	}
	if b, err = d.openAnswer(b); err != nil {
		return err
	}
	var info map[string]any
	if resp.StatusCode != http.StatusOK || json.Unmarshal(b, &info) != nil || info[d.number] == nil {
		return fmt.Errorf("userinfo answered %d", resp.StatusCode)
	}
	return nil
}

var sixDigits = regexp.MustCompile(`^\d{6}`)

// smsEvery and smsPatience: how often the phone is looked at, and how long.
const (
	smsEvery    = 50 * time.Millisecond
	smsPatience = 20 * time.Second
)

// readSMS is the person looking at the phone; it is not part of the waits.
func (p *people) readSMS(ctx context.Context, phone string, since time.Time) (string, error) {
	tick := time.NewTicker(smsEvery)
	defer tick.Stop()
	for time.Since(since) < smsPatience {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.id+"/sandbox/sms.json?phone="+url.QueryEscape(phone), nil)
		if err != nil {
			return "", err
		}
		resp, err := p.client.Do(req)
		if err != nil {
			return "", err
		}
		var messages []struct {
			Text string    `json:"text"`
			At   time.Time `json:"at"`
		}
		err = json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&messages)
		resp.Body.Close()
		if err != nil {
			return "", err
		}
		// One second of grace: message times are cut to milliseconds.
		if len(messages) > 0 && messages[0].At.After(since.Add(-time.Second)) {
			if code := sixDigits.FindString(messages[0].Text); code != "" {
				return code, nil
			}
		}
	}
	return "", errors.New("no SMS came")
}

var tags = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>|<[^>]*>|\s+`)

func text(page []byte) string { return strings.TrimSpace(tags.ReplaceAllString(string(page), " ")) }

// closedLoop lets a fixed number of people sign in again and again.
func (p *people) closedLoop(ctx context.Context, n int, length time.Duration) *results {
	r := newResults("sign-ins")
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				r.add(p.signIn(ctx))
			}
		})
	}
	wg.Wait()
	r.stop()
	return r
}

// openLoop starts sign-ins at a fixed rate, whether or not earlier ones are
// finished, so that a slow server cannot slow its own load down.
func (p *people) openLoop(ctx context.Context, rate float64, length time.Duration) *results {
	r := newResults("sign-ins")
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	end := time.After(length)
	var wg sync.WaitGroup
	for running := true; running; {
		select {
		case <-tick.C:
			wg.Go(func() { r.add(p.signIn(ctx)) })
		case <-end:
			running = false
		case <-ctx.Done():
			running = false
		}
	}
	wg.Wait()
	r.stop()
	return r
}
