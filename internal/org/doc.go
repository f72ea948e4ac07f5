// Package org knows the province's bodies (units), the people who work there
// (officers, with a password of their own), and their posts: a role in a unit
// from one day to another.
//
// AddOfficer, ResetOfficer, UnlockOfficer and ListOfficers are what the console
// calls. Each is one transaction with its audit record; the first officer ever
// made becomes the administrator. InsertUnit and InsertOfficer do the same
// inside a caller's transaction. The functions whose names end in By are the
// same for an administrator at a page: they ask May first.
//
// May(post, right, thing) is the only judge of rights; right.go has the one
// table of roles. Pages ask for rights, never for roles.
//
// A sign-in goes in steps (SignIn, CheckTOTP, …) until there is a session;
// Visit finds who is behind one, and under which post they act.
//
// SaveProfile is the form of the personal page: it cleans what was typed
// (typed.go, form.go), holds it against what others have, writes what changed
// with its audit record, and tells a second tab what changed meanwhile. An
// identity number typed by the officer never opens an account; one set by an
// administrator (SetNumberBy) or agreed with VNeID (CompareVNeID) may.
// Pictures are drawn anew (picture.go), one at a time.
//
// Officers and posts are never purged: usernames are never given to somebody
// else, and dossiers name units and officers for as long as they are kept.
package org
