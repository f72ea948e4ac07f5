package org

import (
	"time"

	"motcua/internal/session"
)

// A Visit is an officer's session at work.
type Visit struct {
	Session    session.Session
	Officer    Officer
	Post       Post   // the active one
	Posts      []Post // of now
	Left       time.Duration
	Shared     bool // on a shared machine
	LastSignIn *time.Time
	Locked     bool
}

// NumberSource tells who vouches for an officer's identity number.
type NumberSource string

const (
	NumberNone    NumberSource = ""
	NumberBySelf  NumberSource = "self"
	NumberByAdmin NumberSource = "admin"
	NumberByVNeID NumberSource = "vneid"
)
