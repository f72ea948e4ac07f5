package portal

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/internal/web"
)

// signedOutFor is how long a browser remembers that it signed out: longer than
// a session of the provider can live, so that none outlives the memory.
const signedOutFor = 24 * time.Hour

// A marker says that this browser signed out here. While it stands, the next
// sign-in demands a fresh authentication, even if the provider could not be
// told of the sign-out (RP-11). A successful sign-in removes it.
//
// It is a plain cookie: whoever can change it owns the browser, and all it can
// do is make the provider ask for the password.
type marker struct {
	at time.Time
	// state is what the provider sends back after its own sign-out.
	state string
}

func setMarker(w http.ResponseWriter, r *http.Request, now time.Time) marker {
	m := marker{at: now, state: rand.Text()}
	web.SetCookie(w, r, cookieSignedOut, strconv.FormatInt(now.Unix(), 10)+"."+m.state, signedOutFor)
	return m
}

// readMarker gives the zero marker when there is none. One that cannot be read
// counts as a sign-out just now: when in doubt, the password is asked for.
func readMarker(r *http.Request, now time.Time) marker {
	return parseMarker(web.Cookie(r, cookieSignedOut), now)
}

func parseMarker(v string, now time.Time) marker {
	if v == "" {
		return marker{}
	}
	seconds, state, _ := strings.Cut(v, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	at := time.Unix(n, 0).UTC()
	if err != nil || at.After(now) || at.Before(now.Add(-2*signedOutFor)) {
		at = now
	}
	return marker{at: at, state: state}
}

func (m marker) set() bool { return !m.at.IsZero() }
