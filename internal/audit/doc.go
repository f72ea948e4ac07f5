// Package audit keeps the log of who did what (LOG-01, QCVN 12:2026/BCA): rows
// that are written in the transaction of what they tell, and never change.
//
//	err := log.Append(ctx, tx, audit.Event{
//		Action: "account.sign_in", Actor: audit.Ref{Kind: "account", ID: id},
//		Target: audit.Ref{Kind: "client", ID: "portal"}, Outcome: audit.OK,
//	})
//
// Addresses, device and request id come from the context (WithRequest).
// Actions and reasons are codes, never sentences. Nothing secret belongs here,
// and people are named by the ids of their rows; what looks like an identity
// number, a phone or a one-time code is masked all the same (Mask).
//
// Seal, a periodic job, gathers committed records into batches. A batch holds
// the digest of each of its records and the hash of the batch before, so that
// Verify finds what was changed, added or taken away afterwards, and says
// where. Which records a batch gets is decided when it is sealed, under a lock:
// a record whose transaction commits late just falls into a later batch. What
// came after the last batch is the unsealed tail; Verify counts it.
//
// Triggers on both engines refuse changes. Who has the rights to remove them
// can also compute the hashes anew, unless the log is made WithMAC, whose key is
// not in the database; and can put back an old state of the whole log, which
// only an Anchor kept elsewhere shows. docs/security.md has the whole picture.
//
// Kept: Keep, 367 days. Reading is itself logged.
package audit
