// Package org knows the province's bodies (units), the people who work there
// (officers, with a password of their own), and their posts: a role in a unit
// from one day to another.
//
// AddOfficer, ResetOfficer, UnlockOfficer and ListOfficers are what the console
// calls, and pages later. Each is one transaction with its audit record; the
// first officer ever made becomes the administrator. InsertUnit and
// InsertOfficer do the same inside a caller's transaction.
//
// Officers and posts are never purged: usernames are never given to somebody else, and
// dossiers name units and officers for as long as they are kept.
package org
