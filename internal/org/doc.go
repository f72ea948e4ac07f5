// Package org knows the province's bodies (units), the people who work there
// (officers), their posts (a role in a unit from one day to another), what a
// post may do, and how officers get in.
//
// AddOfficer, ResetOfficer, LockOfficer, UnlockOfficer, ResetTOTP and
// ListOfficers are what the console calls; the functions that end in By are
// theirs for an administrator, within the reach of the active post (May). Each
// is one transaction with its audit record; the first officer ever made
// becomes the administrator. InsertUnit and InsertOfficer do the same inside a
// caller's transaction.
//
// A sign-in is a chain of steps: SignIn or SignInByVNeID, then CheckTOTP,
// ChangePassword, EnrolTOTP or LinkOwn as Step.Next says, until Step.Done is a
// session. Visit then tells for each request who asks, under which post, and
// whether the screen is locked; Unlock opens it with a new session id. A
// number that an officer typed never opens an account.
//
// Officers and posts are never purged: usernames are never given to somebody
// else, and dossiers name units and officers for as long as they are kept.
package org
