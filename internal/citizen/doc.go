// Package citizen is the portal's person: who signed in, the session that
// follows from it, and the sign-ins the person can look back on.
//
// A person is known by (issuer, subject) and nothing else (RP-07). The
// identity number is an attribute: the same number from another issuer is
// another row, because two providers saying the same of somebody is no proof
// that it is one person.
//
// What a citizen does at the door is one transaction each: SignIn writes the
// person, the session, the line of the history and the audit record; SignOut
// ends the session and says what is needed to end the provider's.
package citizen
