package apptest

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"motcua/internal/clock"
	"motcua/internal/config"
)

// maxRedirects bounds a chain, as browsers do.
const maxRedirects = 20

// A Client behaves as one browser: it keeps cookies as browsers do on loopback
// and sends the headers by which servers tell a navigation from a script.
type Client struct {
	t    testing.TB
	http *http.Client
	jar  *jar

	// Follow makes Get and PostForm follow redirects; it is true at first.
	Follow bool
	// Language is sent as Accept-Language.
	Language string
	// Forwarded is sent as X-Forwarded-For when set.
	Forwarded string
	// Watch, when set, sees each answer, redirects included.
	Watch func(*Page)

	last *url.URL // the page that is shown
}

// NewClient returns a browser without cookies.
func (a *App) NewClient(t testing.TB) *Client {
	j := &jar{clk: a.Clock, hosts: map[string]map[string]stored{}}
	dial := &net.Dialer{Timeout: 5 * time.Second}
	tr := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if config.Loopback(host) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dial.DialContext(ctx, network, address)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &Client{t: t, jar: j, Follow: true, http: &http.Client{
		Jar: j, Transport: tr, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A Page is an answer, read to its end.
type Page struct {
	t      testing.TB
	URL    *url.URL
	Status int
	Header http.Header
	Body   string
	// Hops are the addresses of the redirects that led here, the first request
	// first and this page not among them.
	Hops []*url.URL
}

// Location is where a redirect leads, resolved; nil for other answers.
func (p *Page) Location() *url.URL {
	l := p.Header.Get("Location")
	if l == "" {
		return nil
	}
	u, err := p.URL.Parse(l)
	if err != nil {
		p.t.Fatalf("%s redirects to %q: %v", p.URL, l, err)
	}
	return u
}

// Get opens an address, relative to the page that is shown.
func (c *Client) Get(address string) *Page {
	c.t.Helper()
	return c.navigate(http.MethodGet, c.resolve(address), nil, false)
}

// PostForm posts values as the page that is shown would.
func (c *Client) PostForm(address string, values url.Values) *Page {
	c.t.Helper()
	return c.navigate(http.MethodPost, c.resolve(address), values, false)
}

// Submit fills in a form of a page and sends it. fields holds name, value
// pairs and replaces what the page gave.
func (c *Client) Submit(f *Form, fields ...string) *Page {
	c.t.Helper()
	values := url.Values{}
	for k, v := range f.Values {
		values[k] = slices.Clone(v)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	if f.Method == http.MethodGet {
		u := *f.Action
		u.RawQuery = values.Encode()
		return c.navigate(http.MethodGet, &u, nil, false)
	}
	if strings.EqualFold(attr(f.Node, "enctype"), "multipart/form-data") {
		return c.SubmitFile(f, values, "", "", nil)
	}
	return c.navigate(http.MethodPost, f.Action, values, false)
}

// SubmitFile sends a form in parts, with a file in the field of this name; no
// name means none was chosen.
func (c *Client) SubmitFile(f *Form, values url.Values, field, name string, content []byte) *Page {
	c.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for n := range f.Node.Descendants() {
		if n.Type == html.ElementNode && attr(n, "type") == "file" {
			chosen, bytes := "", []byte(nil)
			if attr(n, "name") == field {
				chosen, bytes = name, content
			}
			w, err := parts.CreateFormFile(attr(n, "name"), chosen)
			if err != nil {
				c.t.Fatal(err)
			}
			_, _ = w.Write(bytes)
		} else if key := attr(n, "name"); n.Type == html.ElementNode && values.Has(key) {
			for _, v := range values[key] {
				_ = parts.WriteField(key, v)
			}
			values.Del(key)
		}
	}
	_ = parts.Close()
	return c.send(http.MethodPost, f.Action, parts.FormDataContentType(), body.Bytes(), false)
}

// Do sends a request as it is, with the cookies, following nothing.
func (c *Client) Do(r *http.Request) *Page {
	c.t.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return c.read(resp)
}

// Cookie returns a cookie's value for a host, "" when there is none.
func (c *Client) Cookie(address, name string) string {
	for _, k := range c.jar.Cookies(c.resolve(address)) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// Forget drops every cookie whose name contains the text, all for "".
func (c *Client) Forget(part string) { c.jar.forget(part) }

// Tab returns another tab of the same browser: it has the same cookies and
// shows no page yet.
func (c *Client) Tab() *Client {
	k := *c
	k.last = nil
	return &k
}

// Clone returns a browser with the same cookies at this moment: the attacker
// who copied them, or the page that the back button shows.
func (c *Client) Clone() *Client {
	k := *c
	k.jar = c.jar.clone()
	h := *c.http
	h.Jar = k.jar
	k.http = &h
	return &k
}

func (c *Client) resolve(address string) *url.URL {
	c.t.Helper()
	base := c.last
	if base == nil {
		base = &url.URL{}
	}
	u, err := base.Parse(address)
	if err != nil || u.Host == "" {
		c.t.Fatalf("address %q: %v", address, err)
	}
	return u
}

// navigate sends what a browser sends for a link or a form, and follows.
// crossed says that the chain has left the origin that began it.
func (c *Client) navigate(method string, u *url.URL, form url.Values, crossed bool) *Page {
	c.t.Helper()
	return c.send(method, u, "application/x-www-form-urlencoded", []byte(form.Encode()), crossed)
}

func (c *Client) send(method string, u *url.URL, kind string, content []byte, crossed bool) *Page {
	c.t.Helper()
	var hops []*url.URL
	from := c.last
	for {
		var body io.Reader
		if method == http.MethodPost {
			body = bytes.NewReader(content)
		}
		r, err := http.NewRequestWithContext(c.t.Context(), method, u.String(), body)
		if err != nil {
			c.t.Fatal(err)
		}
		crossed = crossed || from != nil && origin(from) != origin(u)
		site := "none"
		switch {
		case from == nil:
		case !crossed:
			site = "same-origin"
		case from.Hostname() == u.Hostname():
			site = "same-site" // ports do not part sites
		default:
			site = "cross-site"
		}
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Accept", "text/html,*/*;q=0.8")
		r.Header.Set("User-Agent", "apptest")
		if c.Language != "" {
			r.Header.Set("Accept-Language", c.Language)
		}
		if c.Forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.Forwarded)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", kind)
			if from != nil {
				r.Header.Set("Origin", origin(from))
			}
		}
		p := c.Do(r)
		p.Hops = hops
		to := p.Location()
		if to == nil || !c.Follow || p.Status < 300 || p.Status > 399 {
			c.last = p.URL
			return p
		}
		if len(hops) == maxRedirects {
			c.t.Fatalf("redirects in a circle: %v", hops)
		}
		hops = append(hops, u)
		// 303 and, as browsers do, 301 and 302 turn a POST into a GET.
		if p.Status != http.StatusTemporaryRedirect && p.Status != http.StatusPermanentRedirect {
			method, content = http.MethodGet, nil
		}
		u = to
	}
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

func (c *Client) read(resp *http.Response) *Page {
	c.t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", resp.Request.URL, err)
	}
	p := &Page{t: c.t, URL: resp.Request.URL, Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
	if c.Watch != nil {
		c.Watch(p)
	}
	return p
}

// jar keeps cookies as browsers do on loopback: by host name without the port,
// Secure ones also over http, __Host- names only when they obey their rules.
// net/http/cookiejar never sends a Secure cookie over http.
type jar struct {
	mu    sync.Mutex
	clk   clock.Clock
	hosts map[string]map[string]stored
}

type stored struct {
	*http.Cookie
	ends time.Time // zero: with the browser
}

func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	host := j.hosts[u.Hostname()]
	if host == nil {
		host = map[string]stored{}
		j.hosts[u.Hostname()] = host
	}
	for _, c := range cookies {
		if strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Path != "/" || c.Domain != "") {
			continue
		}
		if c.Secure && u.Scheme != "https" && !config.Loopback(u.Hostname()) {
			continue
		}
		s := stored{Cookie: c}
		switch {
		case c.MaxAge < 0, !c.Expires.IsZero() && c.MaxAge == 0 && c.Expires.Before(j.clk.Now()):
			delete(host, c.Name)
			continue
		case c.MaxAge > 0:
			s.ends = j.clk.Now().Add(time.Duration(c.MaxAge) * time.Second)
		}
		host[c.Name] = s
	}
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*http.Cookie
	for name, s := range j.hosts[u.Hostname()] {
		if !s.ends.IsZero() && !s.ends.After(j.clk.Now()) {
			continue
		}
		if s.Path != "" && s.Path != "/" && !strings.HasPrefix(u.Path, s.Path) {
			continue
		}
		out = append(out, &http.Cookie{Name: name, Value: s.Value})
	}
	slices.SortFunc(out, func(a, b *http.Cookie) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (j *jar) forget(part string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, host := range j.hosts {
		for name := range host {
			if strings.Contains(name, part) {
				delete(host, name)
			}
		}
	}
}

func (j *jar) clone() *jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	k := &jar{clk: j.clk, hosts: map[string]map[string]stored{}}
	for h, cookies := range j.hosts {
		k.hosts[h] = map[string]stored{}
		for n, s := range cookies {
			k.hosts[h][n] = s
		}
	}
	return k
}
